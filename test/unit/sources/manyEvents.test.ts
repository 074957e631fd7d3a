/** Requests with more events than Temporal can take while their sender waits. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AcceptanceProgress, type AcceptedEvents } from '../../../src/api/acceptanceProgress.js';
import type { RoutedMessage } from '../../../src/acceptance/routedMessage.js';
import { startTracing, type Tracing } from '../../../src/telemetry/tracing.js';
import { startSourceApi, type SourceApi } from './sourceApi.js';

let api: SourceApi;
let tracing: Tracing;
beforeAll(async () => {
  tracing = startTracing('sendproof-test');
  api = await startSourceApi(
    {
      events: { type: 'cloudevents', respondWithin: '150ms' },
      list: {
        type: 'generic',
        each: 'body',
        respondWithin: '150ms',
        map: { key: '{{ item.id }}', conversation: '{{ item.subject }}' },
      },
    },
    {},
  );
});
afterAll(async () => {
  await api.close();
  await tracing.stop();
});
beforeEach(() => {
  api.starts.length = 0;
  api.temporal = 'there';
  api.startMs = 0;
  api.beforeStart = () => undefined;
});

const BATCH = 'application/cloudevents-batch+json';
const batch = (count: number, name: string, subjects = count) =>
  Array.from({ length: count }, (_, index) => ({
    specversion: '1.0',
    id: `${name}-${index}`,
    source: '/test',
    type: 'com.example.test',
    subject: `subject-${index % subjects}`,
  }));

async function send(body: unknown, source = 'events'): Promise<Response> {
  return await fetch(`${api.url}/v1/sources/${source}`, {
    method: 'POST',
    headers: { 'content-type': source === 'events' ? BATCH : 'application/json' },
    body: JSON.stringify(body),
  });
}

/** As a sender does that is told to send again; the statuses of its tries. */
async function sendUntilAccepted(body: unknown, source?: string): Promise<number[]> {
  const statuses: number[] = [];
  while (statuses.at(-1) !== 202 && statuses.length < 50) {
    statuses.push((await send(body, source)).status);
  }
  return statuses;
}

const keys = (): string[] => api.starts.map(({ workflowId }) => String(workflowId));

describe.each([
  ['a batch of CloudEvents', 'events'],
  ['a list', 'list'],
])('%s that takes longer than its sender waits', (_, source) => {
  it('is accepted when it is sent again, and each of its events is started once', async () => {
    api.startMs = 15;
    const statuses = await sendUntilAccepted(batch(150, 'late'), source);
    expect(statuses.slice(0, -1)).toContain(503);
    expect(statuses.at(-1)).toBe(202);
    expect(api.starts).toHaveLength(150);
    expect(new Set(keys()).size).toBe(150);
  });

  it('goes on with what is left where Temporal failed on the way', async () => {
    const failed = new Set<string>();
    api.startMs = 1;
    api.beforeStart = (id) => {
      if (failed.size >= 40 || failed.has(id)) return;
      failed.add(id);
      throw Object.assign(new Error('14: away'), { code: 14, details: 'away', metadata: {} });
    };
    const statuses = await sendUntilAccepted(batch(100, 'failing'), source);
    expect(statuses.at(-1)).toBe(202);
    expect(statuses.length).toBeGreaterThan(1);
    expect(api.starts).toHaveLength(100);
    expect(new Set(keys()).size).toBe(100);
  });
});

it('answers with the messages of all events, also of those that an earlier try accepted', async () => {
  api.startMs = 15;
  const events = batch(120, 'named');
  let answer = await send(events, 'list');
  while (answer.status === 503) answer = await send(events, 'list');
  const { messages } = (await answer.json()) as { messages: RoutedMessage[] };
  expect(messages.map(({ deduplicationKey }) => deduplicationKey)).toEqual(
    events.map(({ id }) => `list:${id}`),
  );
});

it('keeps the order of the events of a conversation through several tries', async () => {
  api.startMs = 10;
  const events = batch(60, 'ordered', 3);
  await sendUntilAccepted(events, 'list');
  for (const subject of new Set(events.map((each) => each.subject))) {
    const ofSubject = events.filter((each) => each.subject === subject);
    const expected = ofSubject.map(({ id }) => `list:${id}`);
    expect(keys().filter((key) => expected.includes(key))).toEqual(expected);
  }
});

it('starts the events of another request of the same source by themselves', async () => {
  api.startMs = 15;
  const [first, second] = [batch(100, 'first'), batch(100, 'second')];
  await Promise.all([sendUntilAccepted(first), sendUntilAccepted(second)]);
  expect(new Set(keys()).size).toBe(200);
});

describe('the progress of requests', () => {
  const message = (key: number): RoutedMessage => ({
    deduplicationKey: String(key),
    route: 'all',
    duplicate: false,
    status: 'accepted',
  });

  it('ends with each event accepted once, whenever its tries come and fail', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          events: fc.integer({ min: 2, max: 30 }),
          failures: fc.array(fc.nat(29), { maxLength: 20 }),
          tries: fc.array(
            fc.record({ pauses: fc.nat(20), waits: fc.constantFrom(0, 0, 1, 2, 30) }),
            {
              minLength: 1,
              maxLength: 8,
            },
          ),
        }),
        async ({ events, failures, tries }) => {
          const progress = new AcceptanceProgress();
          const left = [...failures];
          const times = new Map<number, number>();
          const acceptMissing = (accepted: AcceptedEvents): Promise<void>[] => {
            const waiting = accepted.flatMap((each, index) => (each ? [] : [index]));
            return Array.from({ length: 3 }, async () => {
              for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
                await Promise.resolve();
                const failure = left.indexOf(next);
                if (failure !== -1) {
                  left.splice(failure, 1);
                  throw new Error('away');
                }
                times.set(next, (times.get(next) ?? 0) + 1);
                accepted[next] = [message(next)];
              }
            });
          };
          const results: RoutedMessage[][] = [];
          let answeredInTime = 0;
          const attempt = async (waits: number): Promise<void> => {
            let ticks = 0;
            const clock = { isOver: false };
            const hasTime = (): boolean => {
              clock.isOver = (ticks += 1) > waits;
              return !clock.isOver;
            };
            const options = { events, acceptMissing, hasTime };
            const messages = await progress.accept('request', options).catch(() => undefined);
            if (messages && !clock.isOver) answeredInTime += 1;
            if (messages) results.push(messages);
          };
          const running: Promise<void>[] = [];
          for (const { pauses, waits } of tries) {
            running.push(attempt(waits));
            for (let pause = 0; pause < pauses; pause += 1) await Promise.resolve();
          }
          await Promise.all(running);
          for (let more = 0; results.length === 0 && more < 30; more += 1) await attempt(1_000);
          expect(results[0]?.map(({ deduplicationKey }) => Number(deduplicationKey))).toEqual(
            Array.from({ length: events }, (_, index) => index),
          );
          // What was answered in time is forgotten, so that only a try after it starts the events again.
          expect(Math.max(...times.values())).toBeLessThanOrEqual(1 + answeredInTime);
        },
      ),
      { numRuns: 100 },
    );
  });
});
