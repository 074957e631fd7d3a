/** What an attempt at an event ends with: its outcome for the metrics and the log, and whether another follows. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createAcknowledge } from '../../../src/activities/acknowledge.js';
import type { AcknowledgeInput } from '../../../src/contract/acknowledge.js';
import {
  AcknowledgementError,
  type AcknowledgementRecipient,
} from '../../../src/domain/acknowledgement.js';
import { createAttemptReport } from '../../../src/telemetry/attemptReport.js';
import { createMetrics } from '../../../src/telemetry/metrics.js';

const SILENT = new DefaultLogger('ERROR', () => undefined);
const RETRY = { initialDelayMs: 1_000, factor: 2, maximumDelayMs: 1_000, attempts: 3, resends: 1 };

async function attempt(
  failure: AcknowledgementError | undefined,
  {
    giveUpAfterMs,
    number = 1,
    recipient = { kind: 'event', target: 'archive' },
    scheduledAgoMs = 0,
  }: {
    giveUpAfterMs?: number;
    number?: number;
    recipient?: AcknowledgementRecipient;
    scheduledAgoMs?: number;
  } = {},
) {
  const metrics = createMetrics();
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const acknowledge = createAcknowledge({
    settings: () => ({
      callbacks: undefined,
      retry: { ...RETRY, giveUpAfterMs },
      requestTimeoutMs: 15_000,
      bySource: {},
    }),
    publish: () => (failure ? Promise.reject(failure) : Promise.resolve()),
    random: () => 0.5,
    report: createAttemptReport(metrics, log).acknowledgement,
  });
  const input: AcknowledgeInput = {
    webhookId: 'msg_1',
    recipient,
    retry: { ...RETRY, giveUpAfterMs },
    acknowledgement: {
      type: 'message.confirmed',
      timestamp: '2026-11-23T12:00:04.512Z',
      data: {
        summary: 'Delivery Status: Confirmed',
        deduplicationKey: 'k',
        status: 'confirmed',
        traceId: 'a'.repeat(32),
        deliveries: [],
      },
    },
  };
  const environment = new MockActivityEnvironment(
    { attempt: number, scheduledTimestampMs: Date.now() - scheduledAgoMs },
    { logger: SILENT },
  );
  const ended = await environment.run(acknowledge, input).then(
    (result: unknown) => ({ result }),
    (error: unknown) => ({ error }),
  );
  const samples = (await metrics.registry.metrics())
    .split('\n')
    .filter((line) => /^sendproof_(?:event|acknowledgement)_attempts_total\{/.test(line));
  const said = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  return { ended, samples, said };
}

const away = new AcknowledgementError('away', { reason: 'connection_failed' });
const sample = (outcome: string, reason: string) => [
  `sendproof_event_attempts_total{target="archive",event="message.confirmed",outcome="${outcome}",reason="${reason}"} 1`,
];
const GIVEN_UP = ['Event attempted', 'Acknowledgement given up'];

describe('an attempt at an event', () => {
  it('is counted for its target when it is delivered', async () => {
    const { ended, said, samples } = await attempt(undefined, { number: 2 });
    expect(ended).toEqual({ result: { attempts: 2, httpStatus: undefined } });
    expect(samples).toEqual(sample('delivered', 'none'));
    expect(said).toEqual(['Event attempted']);
  });

  it('that failed is followed by another', async () => {
    const { ended, said, samples } = await attempt(away, { giveUpAfterMs: 60_000 });
    expect(ended).toMatchObject({
      error: { type: 'connection_failed', nonRetryable: false, nextRetryDelay: 500 },
    });
    expect(samples).toEqual(sample('retried', 'connection_failed'));
    expect(said).toEqual(['Event attempted']);
  });

  it.each<[what: string, error: AcknowledgementError, options: Parameters<typeof attempt>[1]]>([
    ['the last of its profile', away, { number: 3 }],
    ['at the end of its time', away, { giveUpAfterMs: 60_000, scheduledAgoMs: 59_800 }],
    [
      'refused for good',
      new AcknowledgementError('too large', { reason: 'connection_failed', permanent: true }),
      {},
    ],
  ])('%s is given up, and the log says so', async (_what, error, options) => {
    const { said, samples } = await attempt(error, options);
    expect(samples).toEqual(sample('given_up', 'connection_failed'));
    expect(said).toEqual(GIVEN_UP);
  });

  it('of a kind that a later release has is never taken for delivered', async () => {
    const recipient = { kind: 'carrier_pigeon' } as unknown as AcknowledgementRecipient;
    const { ended } = await attempt(undefined, { recipient });
    expect(ended).toMatchObject({ error: { type: 'not_configured', nonRetryable: false } });
  });
});
