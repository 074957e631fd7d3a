import { ServiceError, type Client } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { Problem } from '../../src/api/problem.js';
import { createTemporalGate } from '../../src/api/temporalGate.js';

/** Only the deadline is asked of the client: everything else is in the call that the gate is given. */
const client = {
  withDeadline: (_deadline: number, call: () => Promise<unknown>) => call(),
} as unknown as Client;

describe('the gate toward Temporal', () => {
  it('runs a bounded number of calls at once, lets some wait, and answers 503 beyond', async () => {
    const gate = createTemporalGate(client);
    let running = 0;
    let most = 0;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const call = async (): Promise<string> => {
      running += 1;
      most = Math.max(most, running);
      await released;
      running -= 1;
      return 'done';
    };

    const outcomes = Array.from({ length: 1_000 }, () =>
      gate(call).catch((error: unknown) => error as Problem),
    );
    release();
    const settled = await Promise.all(outcomes);
    const refused = settled.filter((outcome): outcome is Problem => outcome instanceof Problem);

    expect(most).toBeLessThanOrEqual(100);
    expect(refused.length).toBeGreaterThanOrEqual(400);
    expect(settled.filter((outcome) => outcome === 'done')).toHaveLength(1_000 - refused.length);
    expect(refused[0]).toMatchObject({ type: 'overloaded', status: 503 });
    expect(refused[0]?.retryAfterSeconds).toBeGreaterThan(0);
    expect(await gate(() => Promise.resolve('open again'))).toBe('open again');
  });

  it('answers 503 for what Temporal’s side throws, and passes the rest on', async () => {
    const gate = createTemporalGate(client);
    await expect(gate(() => Promise.reject(new ServiceError('away')))).rejects.toMatchObject({
      type: 'temporal_unavailable',
      status: 503,
    });
    await expect(gate(() => Promise.reject(new TypeError('ours')))).rejects.toThrow(TypeError);
  });
});
