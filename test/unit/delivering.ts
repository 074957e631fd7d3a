/** Runs the `deliver` activity without Temporal: attempt after attempt, as Temporal would, and people's retries. */
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { AccountConnection } from '../../src/accounts/accountConnection.js';
import { NO_CONVERSATIONS } from '../../src/activities/conversations.js';
import { createDeliver } from '../../src/activities/deliver.js';
import { messagePage } from '../../src/domain/messagePage.js';
import type { DeliverInput, DeliverResult } from '../../src/contract/deliver.js';
import { lastNumber } from '../../src/domain/attemptLog.js';
import type { Attempt, PostedParts, Receipt } from '../../src/domain/delivery.js';
import type { DestinationAdapter } from '../../src/destinations/destination.js';
import { noEncryption } from '../../src/temporal/encryption/contentEncryption.js';

/** A delivery that nothing has been attempted of. */
export const DELIVERY: DeliverInput = {
  destination: 'slack:default/C0OPS',
  deliveryId: 'delivery.0',
  content: { text: 'Disk full' },
  onAmbiguous: 'resend',
  retry: { initialDelayMs: 1_000, factor: 2, maximumDelayMs: 300_000, attempts: 15 },
  traceId: '0af7651916cd43dd8448eb211c80319c',
  earlierAttempts: [],
};

export interface Ended {
  attempts: Attempt[];
  receipt?: Receipt;
  /** The reason why it is a dead letter, and what is said about it. */
  reason?: string;
  detail?: string;
  /** The parts that are posted, where it is a dead letter after some were. */
  posted?: PostedParts;
}

export type DeliverSettings = Pick<DeliverInput, 'onAmbiguous'> & {
  resends?: number;
  attempts?: number;
};

const SILENT = new DefaultLogger('ERROR', () => undefined);

/**
 * Delivers through the adapter until it is confirmed or a dead letter, after the attempts of `before`, which posted the parts
 * of `posted`.
 *
 * @param recordResult is called with what each attempt says about the account
 */
export async function deliverThrough(
  adapter: Partial<DestinationAdapter>,
  { onAmbiguous, resends, attempts = 10 }: DeliverSettings,
  before: Attempt[] = [],
  posted: PostedParts | null = null,
  recordResult: AccountConnection['recordResult'] = () => false,
): Promise<Ended> {
  // One post shows the message, unless the test says otherwise.
  adapter.layout ??= () => ({ parts: 1 });
  const deliver = createDeliver({
    connectionFor: () =>
      ({
        acquire: () => Promise.resolve({ adapter, startedAt: 0 }),
        isLimited: false,
        recordResult,
      }) as unknown as AccountConnection,
    conversations: NO_CONVERSATIONS,
    pageOf: (key) => messagePage(key, undefined),
    confirmAttempt: () => Promise.resolve('current'),
    vault: () => noEncryption().vault,
    random: () => 0.5,
    report: () => undefined,
  });
  let input: DeliverInput = {
    ...DELIVERY,
    onAmbiguous,
    retry: {
      initialDelayMs: 100,
      factor: 2,
      maximumDelayMs: 1_000,
      attempts,
      ...(resends !== undefined && { resends }),
    },
    earlierAttempts: before,
    decidedUpTo: lastNumber(before),
    posted,
  };
  let heartbeatDetails: unknown;
  for (let attempt = 1; ; attempt += 1) {
    const environment = new MockActivityEnvironment(
      { attempt, heartbeatDetails },
      { logger: SILENT },
    );
    environment.on('heartbeat', (details: unknown) => (heartbeatDetails = details));
    try {
      const result = await environment.run<[DeliverInput], DeliverResult, typeof deliver>(
        deliver,
        input,
      );
      if (!result.posted) return result;
      // As the workflow: the next part is an activity of its own.
      input = { ...input, posted: result.posted, earlierAttempts: result.attempts };
      heartbeatDetails = undefined;
      attempt = 0;
    } catch (error) {
      if (!(error instanceof ApplicationFailure)) throw error;
      if (!error.nonRetryable) continue;
      const [log] = error.details as [Attempt[]];
      const ended = { attempts: log, reason: error.type ?? '', detail: error.message };
      return input.posted ? { ...ended, posted: input.posted } : ended;
    }
  }
}
