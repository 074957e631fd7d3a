import type { Client } from '@temporalio/client';
import { acceptMessage } from '../acceptance/acceptMessage.js';
import type { Configuration } from '../config/configuration.js';
import { shortenText } from '../lib/cutText.js';
import { withMessageSpan } from '../telemetry/messageSpan.js';
import { noticeKey } from '../contract/names.js';
import type { OperatorNotice, OperatorNoticeResult } from '../contract/notices.js';

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
      // The longest reference that a message may have: Temporal's stores limit search attributes.
      correlation: { source: 'sendproof', reference: shortenText(notice.topic, 255) },
      priority: notice.priority,
      onAmbiguous: 'resend' as const,
    };
    // A trace of its own: one notice may concern many messages.
    const { outcome } = await withMessageSpan(message.deduplicationKey, { root: true }, (span) =>
      acceptMessage(client, configuration, message, span.spanContext().traceId),
    );
    return { outcome: outcome === 'accepted' ? 'sent' : 'already_told' };
  };
}
