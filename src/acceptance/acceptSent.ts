import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Configuration } from '../config/configuration.js';
import type { Acceptance } from '../domain/acceptance.js';
import { allDestinations, type Message } from '../domain/message.js';
import { withMessageSpan } from '../telemetry/messageSpan.js';
import type { Metrics } from '../telemetry/metrics.js';
import { acceptMessage, type AcceptanceOptions } from './acceptMessage.js';
import { messageId } from './messageId.js';

export interface IntakeContext {
  client: Client;
  configuration: Configuration;
  log: Logger;
  metrics: Pick<Metrics, 'accepted' | 'duplicates' | 'keysReused'>;
}

/** Accepts a message that somebody sent, in a span of its own. Counts and logs what became of it. */
export async function acceptSent(
  { client, configuration, log, metrics }: IntakeContext,
  message: Message,
  traceId: string,
  options: AcceptanceOptions = {},
): Promise<Acceptance> {
  const deduplicationKey = messageId(message.tenant, message.deduplicationKey);
  const startedAt = performance.now();
  const acceptance = await withMessageSpan(deduplicationKey, { root: false }, async (span) => {
    const accepted = await acceptMessage(client, configuration, message, traceId, options);
    span.setAttribute('sendproof.outcome', accepted.outcome);
    return accepted;
  });
  const line = {
    deduplicationKey,
    traceId,
    destinations: allDestinations(message.destinations),
    durationMs: Math.round(performance.now() - startedAt),
  };
  switch (acceptance.outcome) {
    case 'accepted':
      if (acceptance.known) break;
      metrics.accepted.inc();
      log.info(line, 'Message accepted');
      break;
    case 'duplicate':
      metrics.duplicates.inc();
      log.info(
        { ...line, originalTraceId: acceptance.traceId, ignored: acceptance.ignored },
        'Duplicate dropped',
      );
      break;
    case 'key_reused':
      metrics.keysReused.inc();
      log.info({ ...line, differences: acceptance.differences }, 'Deduplication key reused');
  }
  return acceptance;
}
