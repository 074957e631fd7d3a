/** When the first task of a message may come with the answer to its start, and when it takes its place in the queue. */
import type { Context } from '@temporalio/activity';
import type { WorkflowStartInput } from '@temporalio/client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { EagerStarts } from '../../src/start/eagerStarts.js';

let starts: EagerStarts;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  starts = new EagerStarts();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Given {
  workflowType?: string;
  startDelay?: number;
  fails?: boolean;
}

/** Starts it, and says whether it asked for it. */
async function isAsked(workflowId: string, given: Given = {}): Promise<boolean> {
  const { fails = false, workflowType = 'deliverMessage', ...options } = given;
  const input = { workflowType, options: { workflowId, ...options } };
  let asked = false;
  const started = starts.client.startWithDetails?.(
    input as unknown as WorkflowStartInput,
    (passed) => {
      expect(passed.options.workflowId).toBe(workflowId);
      asked = passed.options.requestEagerStart === true;
      if (fails) return Promise.reject(new Error('refused'));
      return Promise.resolve({ runId: 'run', eagerlyStarted: false });
    },
  );
  if (fails) await expect(started).rejects.toThrow('refused');
  else await started;
  return asked;
}

function begins(workflowId: string): void {
  const context: unknown = { info: { workflowExecution: { workflowId, runId: 'run' } } };
  starts.activity(context as Context);
}

it('is asked for by each message that comes when all others have begun', async () => {
  for (const key of ['a', 'b', 'c']) {
    expect(await isAsked(key)).toBe(true);
    begins(key);
    begins(key);
  }
});

it('is not asked for while a message waits, whichever of them', async () => {
  expect(await isAsked('first')).toBe(true);
  expect(await isAsked('second')).toBe(false);
  begins('first');
  expect(await isAsked('third')).toBe(false);
  begins('second');
  begins('third');
  expect(await isAsked('fourth')).toBe(true);
});

it('keeps nobody waiting for a message that was refused, or that begins nothing', async () => {
  await isAsked('refused', { fails: true });
  expect(await isAsked('muted')).toBe(true);
  vi.advanceTimersByTime(29_000);
  expect(await isAsked('soon after')).toBe(false);
  begins('soon after');
  vi.advanceTimersByTime(1_000);
  expect(await isAsked('later')).toBe(true);
});

it('still waits for a message whose duplicate is refused', async () => {
  await isAsked('twice');
  expect(await isAsked('twice', { fails: true })).toBe(false);
  expect(await isAsked('other')).toBe(false);
});

it('is not asked for by a message that waits for its time, or by what is no message', async () => {
  expect(await isAsked('scheduled', { startDelay: 60_000 })).toBe(false);
  expect(await isAsked('batch', { workflowType: 'batch' })).toBe(false);
  expect(await isAsked('message')).toBe(true);
});
