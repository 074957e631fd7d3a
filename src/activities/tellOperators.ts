import type { Client } from '@temporalio/client';
import { acceptMessage } from '../acceptance/acceptMessage.js';
import type { Configuration } from '../config/configuration.js';
import type { Content } from '../message.js';
import { withMessageSpan } from '../telemetry/messageSpan.js';
import { noticeKey } from '../temporal/names.js';

/** Something that the people who run sendproof should know. */
export interface OperatorNotice {
  /** The same topic is told once within the deduplication window, however often and from wherever it is asked for. */
  topic: string;
  content: Content;
  /** 1 to 5, as a message's. */
  priority: number;
}

export interface OperatorNoticeResult {
  /** `nobody`: the configuration names no destination for operators. */
  outcome: 'sent' | 'already_told' | 'nobody';
}

/** Makes the activity that sends a notice as an ordinary message to the operators' destinations. */
export function createTellOperators({
  client,
  configuration,
}: {
  client: Client;
  configuration: Configuration;
}) {
  return async function tellOperators(notice: OperatorNotice): Promise<OperatorNoticeResult> {
    const { operators } = configuration;
    if (!operators) return { outcome: 'nobody' };
    const message = {
      deduplicationKey: noticeKey(notice.topic),
      destinations: operators.destinations,
      content: notice.content,
      // As long as a message's reference may be: longer ones don't fit everywhere where Temporal keeps them.
      correlation: { source: 'sendproof', reference: notice.topic.slice(0, 255) },
      priority: notice.priority,
      onAmbiguous: 'resend' as const,
    };
    // A trace of its own: what it tells of may be many messages.
    const { outcome } = await withMessageSpan(message.deduplicationKey, { root: true }, (span) =>
      acceptMessage(client, configuration, message, span.spanContext().traceId),
    );
    return { outcome: outcome === 'accepted' ? 'sent' : 'already_told' };
  };
}
