import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { problemOf } from '../../src/api/problemOf.js';
import { tellingRefusals } from '../../src/api/refusedWrites.js';
import { NoAnswerInTime } from '../../src/temporal/boundedClient.js';
import { GRPC_STATUS } from '../../src/temporal/grpcStatus.js';
import { WriteProof } from '../../src/temporal/writeProof.js';
import { clientAnsweredBy, grpcError } from './temporalService.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const FULL = grpcError(GRPC_STATUS.UNKNOWN, 'database or disk is full');
const DEADLINE_MS = 8_000;

/** Accepts a message of which Temporal says nothing until the deadline, while its answer to writes is this. */
async function problemOfSilence(
  answer: () => unknown,
  late: Error = new NoAnswerInTime(DEADLINE_MS),
  lateAfterMs = DEADLINE_MS,
) {
  const writes = new WriteProof(clientAnsweredBy(answer), pino({ enabled: false }));
  const accepting = tellingRefusals(
    writes,
    () => new Promise((_, reject) => setTimeout(() => reject(late), lateAfterMs)),
  ).catch(problemOf);
  await vi.advanceTimersByTimeAsync(lateAfterMs);
  return { problem: (await accepting) as ReturnType<typeof problemOf>, writes };
}

const refuses = (error: Error) => () => {
  throw error;
};

it.each([
  ['our deadline', new NoAnswerInTime(DEADLINE_MS)],
  ['the connection’s', grpcError(GRPC_STATUS.DEADLINE_EXCEEDED, 'Deadline exceeded')],
  ['that of a worker’s connection', grpcError(GRPC_STATUS.CANCELLED, 'Timeout expired')],
])('has Temporal’s reason where a full disk keeps it silent until %s', async (_which, late) => {
  const { problem } = await problemOfSilence(refuses(FULL), late);
  expect(problem).toMatchObject({ type: 'temporal_unavailable', status: 503 });
  expect(problem.message).toContain('database or disk is full');
  expect(problem.message).toContain('same deduplication key');
});

it.each([
  ['it accepts writes', () => ({ runId: 'a-run', started: true })],
  ['it is away', refuses(grpcError(GRPC_STATUS.UNAVAILABLE, 'connect ECONNREFUSED 10.1.2.3:7233'))],
  ['it is silent', refuses(grpcError(GRPC_STATUS.DEADLINE_EXCEEDED, 'Deadline exceeded'))],
])('has no reason where %s', async (_what, answer) => {
  const { problem } = await problemOfSilence(answer);
  expect(problem).toMatchObject({ type: 'temporal_unavailable', status: 503 });
  expect(problem.message).toMatch(/^Temporal didn’t answer\. /);
  expect(problem.message).not.toContain('10.1.2.3');
});

it('is about silence alone: an answer keeps its own words', async () => {
  const limit = grpcError(GRPC_STATUS.RESOURCE_EXHAUSTED, 'namespace rate limit exceeded');
  const { problem } = await problemOfSilence(refuses(FULL), limit);
  expect(problem.type).toBe('overloaded');
});

it('asks nothing of a Temporal that answers soon, and forgets a refusal', async () => {
  const asked = vi.fn(refuses(FULL));
  const { writes } = await problemOfSilence(asked, new NoAnswerInTime(1), 1_000);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).not.toHaveBeenCalled();

  await writes.fault();
  expect(writes.refusal).toBe('database or disk is full');
  await vi.advanceTimersByTimeAsync(30_000);
  expect(writes.refusal).toBeUndefined();
  await writes.fault();
  writes.messageAccepted();
  expect(writes.refusal).toBeUndefined();
});
