/** A delivery whose whole account is unavailable: what the `deliver` activity does with it, without Temporal. */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AccountConnection } from '../../src/accounts/accountConnection.js';
import { NO_CONVERSATIONS } from '../../src/activities/conversations.js';
import { createDeliver } from '../../src/activities/deliver.js';
import type { ConfiguredAccount } from '../../src/config/configuration.js';
import { messagePage } from '../../src/domain/messagePage.js';
import type { DeliverInput, DeliverResult } from '../../src/contract/deliver.js';
import { DeliveryError, type Attempt } from '../../src/domain/delivery.js';
import { slack } from '../../src/destinations/slack/platform.js';
import { noEncryption } from '../../src/temporal/encryption/contentEncryption.js';
import { DELIVERY } from './delivering.js';

const SILENT = new DefaultLogger('ERROR', () => undefined);
const INPUT: DeliverInput = { ...DELIVERY, holdMs: 60_000 };
const LIMITED = new DeliveryError('Slack answered HTTP 429.', {
  outcome: 'transient',
  reason: 'rate_limited',
  httpStatus: 429,
  retryAfterMs: 2_000,
});
const REFUSED = new DeliveryError('Slack answered token_revoked.', {
  outcome: 'permanent',
  reason: 'credentials_rejected',
  httpStatus: 200,
});

let answer: DeliveryError | undefined;
let connection: AccountConnection;
let posts: number;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  answer = undefined;
  posts = 0;
  const account = {
    name: 'default',
    platform: {
      ...slack,
      createAdapter: () => ({
        layout: () => ({ parts: 1 }),
        post: () => {
          if (answer) return Promise.reject(answer);
          posts += 1;
          return Promise.resolve({ messageId: '1.2' });
        },
        check: () => Promise.resolve({ identity: 'app' }),
      }),
    },
  } as unknown as ConfiguredAccount;
  connection = new AccountConnection(account, {
    trouble: () => undefined,
    slowdown: () => undefined,
  });
  connection.open();
});

afterEach(() => {
  vi.useRealTimers();
});

function deliver(
  attempt = 1,
  change: Partial<DeliverInput> = {},
): { environment: MockActivityEnvironment; result: Promise<DeliverResult> } {
  const heartbeatDetails = Array.from({ length: attempt - 1 }, (_, index): Attempt => {
    return { number: index + 1, outcome: 'transient', reason: 'rate_limited' };
  });
  const environment = new MockActivityEnvironment(
    { attempt, heartbeatDetails },
    { logger: SILENT },
  );
  const activity = createDeliver({
    connectionFor: () => connection,
    conversations: NO_CONVERSATIONS,
    pageOf: (key) => messagePage(key, undefined),
    confirmAttempt: () => Promise.resolve('current'),
    vault: () => noEncryption().vault,
    random: () => 0.5,
    report: () => undefined,
  });
  const result = environment.run<[DeliverInput], DeliverResult, typeof activity>(activity, {
    ...INPUT,
    ...change,
  });
  return { environment, result };
}

async function failureOf(result: Promise<unknown>): Promise<ApplicationFailure> {
  const failure = await result.catch((error: unknown) => error);
  if (failure instanceof ApplicationFailure) return failure;
  throw new Error(`not an ApplicationFailure: ${String(failure)}`);
}

/** The platform answers 429 in so many channels that it can only mean the account. */
async function limitAccount(): Promise<void> {
  const turn = { priority: 3, dueAt: '', waitsAtMostMs: 0, signal: new AbortController().signal };
  const call = await connection.acquire(turn);
  for (let number = 0; !connection.isLimited && number < 40; number += 1) {
    connection.recordResult(
      call,
      `slack:default/C${number}`,
      new DeliveryError('429', {
        outcome: 'transient',
        reason: 'rate_limited',
        retryAfterMs: 50,
      }),
    );
  }
  expect(connection.isLimited).toBe(true);
}

it('backs off from a 429 of its own channel longer and longer, until its attempts are used up', async () => {
  answer = LIMITED;
  expect(await failureOf(deliver(8).result)).toMatchObject({
    nonRetryable: false,
    nextRetryDelay: 64_000,
  });
  expect((await failureOf(deliver(15).result)).details?.[1]).toBe('exhausted');
});

it('is held back by a 429 of its account, and never parked for it', async () => {
  await limitAccount();
  vi.advanceTimersByTime(1_000);
  answer = LIMITED;
  for (const attempt of [1, 8, 15]) {
    const failure = await failureOf(deliver(attempt).result);
    expect(failure).toMatchObject({ type: 'rate_limited', nonRetryable: true });
    expect(failure.details?.[1]).toBe('held_back');
    vi.advanceTimersByTime(5_000);
  }
});

it('backs off no longer than Retry-After while the pace of its account is still reduced', async () => {
  await limitAccount();
  vi.advanceTimersByTime(1_000);
  await deliver().result;
  expect(connection).toMatchObject({ isLimited: true, isProbing: false });
  vi.advanceTimersByTime(1_000);
  answer = LIMITED;
  expect(await failureOf(deliver(8).result)).toMatchObject({
    nonRetryable: false,
    nextRetryDelay: 2_500,
  });
  vi.advanceTimersByTime(1_000);
  expect((await failureOf(deliver(15).result)).details?.[1]).toBe('held_back');
});

it('goes on in the same activity when the credentials work again, and has used no attempt meanwhile', async () => {
  answer = REFUSED;
  expect((await failureOf(deliver().result)).details?.[1]).toBe('held_back');
  answer = undefined;
  const { result } = deliver();
  await connection.check();
  expect((await result).attempts).toMatchObject([{ number: 1, outcome: 'delivered' }]);
  expect(posts).toBe(1);
});

it('returns to its workflow when it has waited for long enough, without an attempt', async () => {
  answer = REFUSED;
  await failureOf(deliver().result);
  for (const change of [
    { holdMs: 50 },
    { holdMs: undefined },
    { expiresAt: new Date(Date.now() + 50).toISOString() },
  ]) {
    expect(await failureOf(deliver(1, change).result)).toMatchObject({
      type: 'credentials_rejected',
      nonRetryable: true,
      details: [[], 'held_back'],
    });
  }
});

it('ends at once when it is cancelled, and when its worker stops', async () => {
  answer = REFUSED;
  await failureOf(deliver().result);
  const cancelled = deliver();
  await Promise.resolve();
  cancelled.environment.cancel('CANCELLED');
  const failure: unknown = await cancelled.result.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(CancelledFailure);
  // The attempts before: the history has them nowhere else.
  expect((failure as CancelledFailure).details).toEqual([[]]);

  const stopped = deliver();
  await Promise.resolve();
  connection.close();
  expect(await failureOf(stopped.result)).toMatchObject({ details: [[], 'held_back'] });
});
