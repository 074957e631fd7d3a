import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GRPC_STATUS } from '../../src/temporal/grpcStatus.js';
import { WriteProof } from '../../src/temporal/writeProof.js';
import { clientAnsweredBy, grpcError, type Call } from './temporalService.js';

const START = 'startWorkflowExecution';
const SIGNAL = 'signalWorkflowExecution';

let calls: Call[];
let answer: (call: Call) => unknown;

beforeEach(() => {
  vi.useFakeTimers();
  calls = [];
  answer = () => ({ runId: 'a-run', started: true });
});
afterEach(() => {
  vi.useRealTimers();
});

function writeProof(databaseFault?: () => string | undefined): WriteProof {
  const client = clientAnsweredBy((call) => {
    calls.push(call);
    return answer(call);
  });
  return new WriteProof(client, pino({ enabled: false }), databaseFault);
}

const refuse = (status: number, reason: string) => {
  answer = () => {
    throw grpcError(status, reason);
  };
};

const methods = () => calls.map(({ method }) => method);

describe('the write that readiness makes', () => {
  it('is one for all who ask at once, and for 15 s', async () => {
    const writes = writeProof();
    const asked = Array.from({ length: 50 }, () => writes.fault());
    expect(await Promise.all(asked)).toEqual(asked.map(() => undefined));
    vi.advanceTimersByTime(14_999);
    await writes.fault();
    expect(methods()).toEqual([START]);
    vi.advanceTimersByTime(1);
    await writes.fault();
    expect(methods()).toEqual([START, SIGNAL]);
  });

  it('is never made within 15 s after another or after an accepted message, however it ends', async () => {
    const steps = fc.array(
      fc.record({
        afterMs: fc.nat(20_000),
        does: fc.constantFrom('ask', 'accept'),
        refused: fc.boolean(),
      }),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const writes = writeProof();
        let quietUntil = 0;
        for (const { afterMs, does, refused } of sequence) {
          vi.advanceTimersByTime(afterMs);
          answer = () => {
            if (refused) throw grpcError(GRPC_STATUS.UNKNOWN, 'database or disk is full');
            return { runId: 'a-run' };
          };
          const before = calls.length;
          if (does === 'accept') writes.messageAccepted();
          const fault = await writes.fault();
          if (does === 'accept') expect(fault).toBeUndefined();
          const isDue = does === 'ask' && performance.now() >= quietUntil;
          expect(calls.length - before).toBe(isDue ? 1 : 0);
          if (isDue) expect(fault !== undefined).toBe(refused);
          if (isDue || does === 'accept') quietUntil = performance.now() + 15_000;
        }
      }),
    );
  });

  it('goes to a run that never has a task, and is replaced after 100 signals', async () => {
    const writes = writeProof();
    for (let times = 0; times < 102; times += 1) {
      await writes.fault();
      vi.advanceTimersByTime(15_000);
    }
    expect(methods()).toEqual([START, ...Array<string>(100).fill(SIGNAL), START]);
    for (const { request } of calls.filter(({ method }) => method === START)) {
      expect(request).toMatchObject({
        workflowId: 'sendproof/readiness',
        taskQueue: { name: 'sendproof.readiness' },
      });
      expect(request.workflowStartDelay).toMatchObject({ seconds: { low: 86_400 } });
    }
  });

  it('starts a run where the last one has ended', async () => {
    const writes = writeProof();
    await writes.fault();
    vi.advanceTimersByTime(15_000);
    answer = ({ method }) => {
      if (method === SIGNAL) throw grpcError(GRPC_STATUS.NOT_FOUND, 'workflow not found');
      return { runId: 'another-run' };
    };
    expect(await writes.fault()).toBeUndefined();
    expect(methods()).toEqual([START, SIGNAL, START]);
  });

  it('is given up after 3 s', async () => {
    answer = () => new Promise(() => undefined);
    const fault = writeProof().fault();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await fault).toContain('gave no answer to a write within 3 s');
  });
});

describe('a refused write', () => {
  it.each([
    [GRPC_STATUS.UNKNOWN, 'database or disk is full', 'doesn’t accept writes'],
    [GRPC_STATUS.UNAVAILABLE, 'attempt to write a readonly database', 'doesn’t accept writes'],
    [GRPC_STATUS.RESOURCE_EXHAUSTED, 'namespace rate limit exceeded', 'doesn’t accept writes'],
    [
      GRPC_STATUS.PERMISSION_DENIED,
      'Request unauthorized.',
      'refuses writes with these credentials',
    ],
  ])('is told in Temporal’s words: %i %s', async (status, reason, saying) => {
    refuse(status, reason);
    const fault = await writeProof().fault();
    expect(fault).toContain(reason);
    expect(fault).toContain(saying);
  });

  it('is told in the words of the database where they are known', async () => {
    refuse(GRPC_STATUS.UNAVAILABLE, 'shard status unknown');
    let words: string | undefined = 'database or disk is full';
    const writes = writeProof(() => words);
    expect(await writes.fault()).toContain('doesn’t accept writes (database or disk is full)');
    words = undefined;
    vi.advanceTimersByTime(15_000);
    expect(await writes.fault()).toContain('doesn’t accept writes (shard status unknown)');
  });

  it('counts until a write or a message is accepted', async () => {
    const writes = writeProof();
    refuse(GRPC_STATUS.UNKNOWN, 'database or disk is full');
    expect(await writes.fault()).toBeDefined();
    vi.advanceTimersByTime(10_000);
    expect(await writes.fault()).toBeDefined();
    writes.messageAccepted();
    expect(await writes.fault()).toBeUndefined();
    vi.advanceTimersByTime(15_000);
    expect(await writes.fault()).toBeDefined();
    answer = () => ({ runId: 'a-run' });
    vi.advanceTimersByTime(15_000);
    expect(await writes.fault()).toBeUndefined();
  });

  it('doesn’t count against a message that was accepted meanwhile', async () => {
    const writes = writeProof();
    let refuseNow: (error: Error) => void = () => undefined;
    answer = () => new Promise((_, reject) => (refuseNow = reject));
    const fault = writes.fault();
    await vi.advanceTimersByTimeAsync(1);
    writes.messageAccepted();
    refuseNow(grpcError(GRPC_STATUS.UNAVAILABLE, 'shard moved'));
    expect(await fault).toBeUndefined();
  });
});
