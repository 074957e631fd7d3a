/** Waits for a message to their end, on a simulated clock: the longest takes a minute. */
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import proto, { type temporal } from '@temporalio/proto';
import type { Response } from 'express';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ANY_TENANT } from '../../src/api/findMessage.js';
import { Waits } from '../../src/api/waits.js';
import type { RecordedMessage } from '../../src/store/messageHistory.js';
import { historyFromJson } from '../replay/historyFile.js';
import { clientAnsweredBy, type Call } from './temporalService.js';

const HISTORY = join(import.meta.dirname, '../replay/histories/2026-11-first/confirmed.json');
/** Of which its activities are scheduled, and none has ended. */
const WHILE_DELIVERING = 6;

/** Temporal holds a long poll for so long. */
const POLL_MS = 20_000;
/** How late the answer may come. */
const LOOK_MS = 1_000;

type Answer = (call: Call) => unknown;

const { WorkflowExecutionStatus } = proto.temporal.api.enums.v1;
const events = historyFromJson(readFileSync(HISTORY, 'utf8')).events.slice(0, WHILE_DELIVERING);
const [started] = events;

/** A message that is being delivered for ever. */
const delivering: Answer = ({ method }) => {
  if (method === 'getWorkflowExecutionHistory') {
    return { history: { events }, nextPageToken: new Uint8Array() };
  }
  if (method !== 'describeWorkflowExecution') return {};
  const { memo, searchAttributes } = started?.workflowExecutionStartedEventAttributes ?? {};
  const { workflowExecutionInfo } =
    proto.temporal.api.workflowservice.v1.DescribeWorkflowExecutionResponse.fromObject({
      workflowExecutionInfo: {
        execution: { workflowId: 'a-key', runId: '0a1b2c3d-0000-4000-8000-000000000001' },
        type: { name: 'deliverMessage' },
        status: WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING,
        startTime: { seconds: 1_764_000_000, nanos: 0 },
        historyLength: events.length,
        taskQueue: 'sendproof',
        ...{ memo, searchAttributes },
      },
    });
  return {
    workflowExecutionInfo,
    pendingActivities: [],
  } satisfies Partial<temporal.api.workflowservice.v1.IDescribeWorkflowExecutionResponse>;
};

const never = () => new Promise<never>(() => undefined);

/** How Temporal answers the long polls of a wait: never, or each time that nothing has happened. */
const LONG_POLLS: Record<string, Answer> = {
  'holds every poll': never,
  'ends each poll in time': async () => {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    return { history: { events: [] }, nextPageToken: new Uint8Array([1]) };
  },
};

let stopping: AbortController;
beforeEach(() => {
  stopping = new AbortController();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Waiting {
  /** Undefined until it has ended. */
  result: { message: RecordedMessage | undefined } | undefined;
  response: EventEmitter;
}

function begin(waitMs: number, clients: { waitClient: Client; longPollClient: Client }): Waiting {
  const waits = new Waits({ ...clients, stopping: stopping.signal });
  const response = new EventEmitter();
  const waiting: Waiting = { result: undefined, response };
  void waits
    .settled(ANY_TENANT, 'a-key', waitMs, response as unknown as Response)
    .then((message) => (waiting.result = { message }));
  return waiting;
}

const clients = (polls: Answer, looks: Answer = delivering) => ({
  waitClient: clientAnsweredBy(looks),
  longPollClient: clientAnsweredBy(polls),
});

describe.each(Object.entries(LONG_POLLS))('where Temporal %s, a wait', (_words, polls) => {
  it.each([1, 20, 30, 60])('of %i s ends then, with the state', async (seconds) => {
    const waiting = begin(seconds * 1_000, clients(polls));
    await vi.advanceTimersByTimeAsync(seconds * 1_000 - 1);
    expect(waiting.result).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(waiting.result?.message?.state.status).toBe('delivering');
  });

  it('of 60 s ends at once when the API stops, with the state', async () => {
    const waiting = begin(60_000, clients(polls));
    await vi.advanceTimersByTimeAsync(45_000);
    stopping.abort(new Error('the API stops'));
    await vi.advanceTimersByTimeAsync(0);
    expect(waiting.result?.message?.state.status).toBe('delivering');
  });

  it('of 60 s ends at once when its client has left, with nothing', async () => {
    const waiting = begin(60_000, clients(polls));
    await vi.advanceTimersByTimeAsync(45_000);
    waiting.response.emit('close');
    await vi.advanceTimersByTimeAsync(0);
    expect(waiting.result).toEqual({ message: undefined });
  });
});

it.each([20, 30, 60])(
  'a wait of %i s has the state of before where Temporal has fallen silent meanwhile',
  async (seconds) => {
    let isSilent = false;
    const looks: Answer = (call) => (isSilent ? never() : delivering(call));
    const waiting = begin(seconds * 1_000, clients(never, looks));
    await vi.advanceTimersByTimeAsync(5_000);
    isSilent = true;
    await vi.advanceTimersByTimeAsync(seconds * 1_000 - 5_000 + LOOK_MS);
    expect(waiting.result?.message?.state.status).toBe('delivering');
  },
);
