/** A delivery that took long until its post: it posts only if Temporal says that the attempt is still its own. */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AccountConnection } from '../../src/accounts/accountConnection.js';
import { NO_CONVERSATIONS } from '../../src/activities/conversations.js';
import { createDeliver } from '../../src/activities/deliver.js';
import type { ConfirmAttempt } from '../../src/activities/lease.js';
import { messagePage } from '../../src/domain/messagePage.js';
import type { DeliverInput, DeliverResult } from '../../src/contract/deliver.js';
import type { Attempt } from '../../src/domain/delivery.js';
import { noEncryption } from '../../src/temporal/encryption/contentEncryption.js';
import { DELIVERY } from './delivering.js';

const SILENT = new DefaultLogger('ERROR', () => undefined);
const LOST: Attempt = {
  number: 1,
  startedAt: new Date(0).toISOString(),
  outcome: 'ambiguous',
  reason: 'worker_lost',
};
const INPUT: DeliverInput = { ...DELIVERY, holdMs: 300_000 };

let posts: number;
const confirm = vi.fn<ConfirmAttempt>();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
  posts = 0;
  confirm.mockReset();
});

afterEach(() => {
  vi.useRealTimers();
});

/** This worker's timers run all the time, so that it believes to have sent every heartbeat. */
function deliver({ waitsMs = 0, searchesMs = 0 }): Promise<DeliverResult> {
  const adapter = {
    layout: () => ({ parts: 1 }),
    find: () => {
      vi.advanceTimersByTime(searchesMs);
      return Promise.resolve(undefined);
    },
    post: () => {
      posts += 1;
      return Promise.resolve({ messageId: '1.2' });
    },
  };
  const connection = {
    acquire: () => {
      vi.advanceTimersByTime(waitsMs);
      return Promise.resolve({ adapter, startedAt: 0 });
    },
    isLimited: false,
    recordResult: () => false,
  } as unknown as AccountConnection;
  const activity = createDeliver({
    connectionFor: () => connection,
    conversations: NO_CONVERSATIONS,
    pageOf: (key) => messagePage(key, undefined),
    confirmAttempt: confirm,
    vault: () => noEncryption().vault,
    random: () => 0.5,
    report: () => undefined,
  });
  const environment = new MockActivityEnvironment(
    { attempt: 1, heartbeatTimeoutMs: 8_000 },
    { logger: SILENT },
  );
  const earlierAttempts = searchesMs > 0 ? [LOST] : [];
  return environment.run<[DeliverInput], DeliverResult, typeof activity>(activity, {
    ...INPUT,
    earlierAttempts,
  });
}

describe.each([
  ['waited for its account for 3 s', { waitsMs: 3_000 }],
  ['waited for its account for 5 min', { waitsMs: 300_000 }],
  ['searched for 20 s', { searchesMs: 20_000 }],
  ['waited and searched', { waitsMs: 1_500, searchesMs: 1_500 }],
])('a delivery that has %s', (_, delays) => {
  it('posts when Temporal says that the attempt is its own', async () => {
    confirm.mockResolvedValue('current');
    expect((await deliver(delays)).receipt).toEqual({ messageId: '1.2' });
    expect([posts, confirm.mock.calls.length]).toEqual([1, 1]);
  });

  it.each(['workflow execution already completed', 'Temporal gave no answer within 4000 ms.'])(
    'sends nothing when Temporal does not say so: %s',
    async (reason) => {
      confirm.mockRejectedValue(new Error(reason));
      const failure: unknown = await deliver(delays).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(ApplicationFailure);
      expect(failure).toMatchObject({ type: 'worker_lost', nonRetryable: false });
      expect(posts).toBe(0);
    },
  );

  it('sends nothing, and is cancelled, when its cancellation was requested', async () => {
    confirm.mockResolvedValue('cancelled');
    await expect(deliver(delays)).rejects.toBeInstanceOf(CancelledFailure);
    expect(posts).toBe(0);
  });

  it('sends nothing when it was frozen until the answer came', async () => {
    confirm.mockImplementation(() => {
      vi.setSystemTime(Date.now() + 60_000);
      return Promise.resolve('current');
    });
    await expect(deliver(delays)).rejects.toMatchObject({ type: 'worker_lost' });
    expect(posts).toBe(0);
  });
});

it.each([{}, { waitsMs: 1_900 }, { searchesMs: 1_900 }])(
  'a delivery that posts before its first heartbeat is due does not ask: %j',
  async (delays) => {
    await deliver(delays);
    expect([posts, confirm.mock.calls.length]).toEqual([1, 0]);
  },
);
