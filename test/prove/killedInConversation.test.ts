/** Messages of conversations whose worker dies between their turn and its end. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Destination } from '../../src/domain/destination.js';
import { hasEnded, startForConversations } from '../faults/conversations.js';
import { startWorkerProcess } from '../faults/productProcess.js';
import type { Harness } from '../harness.js';

const DEATHS = {
  'done, without an answer': { kind: 'hold' },
  'not done': { kind: 'timeout', when: 'before' },
} as const;

/** What the killed worker did: the first request of this operation, after those of the first message. */
const ACTS = {
  root: { operation: 'chat.postMessage', skip: 0, mode: undefined },
  edit: { operation: 'chat.update', skip: 0, mode: 'update' },
  reply: { operation: 'chat.postMessage', skip: 1, mode: 'reply' },
} as const;

const CASES = Object.entries(ACTS).flatMap(([act, { mode, operation, skip }], row) =>
  Object.entries(DEATHS).map(([death, fault], column) => {
    const path = `CKILLED${row}${column}`;
    return { name: `${act} is ${death}`, path, mode, operation, skip, fault };
  }),
);

let harness: Harness;
beforeEach(async () => {
  harness = await startForConversations();
}, 60_000);
afterEach(() => harness.close(), 60_000);

async function say(path: string, text: string, mode = 'update'): Promise<string> {
  const deduplicationKey = `${path}-${text}`;
  const destination: Destination = `slack:default/${path}`;
  const conversation = { key: path, mode };
  const { status } = await harness.send({
    ...{ deduplicationKey, destinations: [destination], content: { text }, conversation },
  });
  expect(status).toBe(202);
  return deduplicationKey;
}

it('have one post, in its newest state, and each answer once', async () => {
  const { sandbox } = harness;
  const first = await startWorkerProcess(harness);
  const later = CASES.filter(({ mode }) => mode !== undefined);
  const triggered = await Promise.all(later.map(({ path }) => say(path, 'triggered')));
  for (const key of triggered) await hasEnded(harness, key);
  for (const { fault, operation, path } of CASES) {
    sandbox.addFault({ ...fault, operation, platform: 'slack', path, times: 1 });
  }
  const keys = await Promise.all(
    CASES.map(({ mode, path }) => say(path, mode === 'reply' ? 'note' : 'acknowledged', mode)),
  );
  await vi.waitFor(
    () => {
      for (const { operation, path, skip } of CASES) {
        const made = sandbox.requests({ platform: 'slack', path, operation });
        expect(made, path).toHaveLength(skip + 1);
      }
    },
    { timeout: 60_000, interval: 20 },
  );
  await first.kill('SIGKILL');
  sandbox.clearFaults();

  await startWorkerProcess(harness);
  for (const key of keys) await hasEnded(harness, key);
  const resolved = await Promise.all(CASES.map(({ path }) => say(path, 'resolved')));
  for (const key of resolved) await hasEnded(harness, key);
  for (const { mode, name, path } of CASES) {
    const texts = sandbox.posts({ platform: 'slack', path }).map(({ text }) => text);
    expect(texts, name).toEqual(mode === 'reply' ? ['resolved', 'note'] : ['resolved']);
  }
}, 180_000);
