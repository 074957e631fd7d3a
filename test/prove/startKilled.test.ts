import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import type { SandboxPost } from '../../src/sandbox/sandbox.js';
import { StartDirectory, type StartedProduct } from '../startedProduct.js';

/** Milliseconds from the first message of a round to the kill: from a start's first moments to the midst of its work. */
const MOMENTS_MS = [0, 50, 120, 250, 400, 600, 900, 1_300, 1_800, 2_500];
const MESSAGES_PER_ROUND = 8;
const DESTINATIONS = [
  'slack:default/C0123ABC',
  'slack:default/C0DEV0001',
  'teams:default/chats/19:oncall@thread.v2',
];
/** Short waits: it is the kills that this is about. */
const CONFIGURATION = `
retry: { default: { initialDelay: 300ms, maximumDelay: 2s, attempts: 100 } }
`;

let directory: StartDirectory;

afterEach(async () => {
  await directory.remove();
});

it(`shows every accepted message exactly once after npm start was killed ${MOMENTS_MS.length} times`, async () => {
  directory = await StartDirectory.create(CONFIGURATION);
  const accepted: string[] = [];
  for (const [round, momentMs] of MOMENTS_MS.entries()) {
    const product = await directory.start();
    const kill = delay(momentMs).then(() => product.signal('SIGKILL'));
    accepted.push(...(await sendUntilKilled(product, round)));
    await Promise.all([kill, product.exitCode]);
  }
  const product = await directory.start();

  const texts = await vi.waitFor(
    async () => {
      const shown = (await postsOf(product)).map(({ text }) => text);
      expect(shown).toEqual(expect.arrayContaining(accepted));
      return shown;
    },
    { timeout: 180_000, interval: 500 },
  );

  // A message whose answer was lost in a kill may have been accepted, and is shown then; but nothing is shown twice.
  expect(accepted.length).toBeGreaterThan(MESSAGES_PER_ROUND);
  expect(texts.toSorted()).toEqual([...new Set(texts)].toSorted());
});

/** Resolves with the texts of the messages that were answered with 202. */
async function sendUntilKilled(product: StartedProduct, round: number): Promise<string[]> {
  const accepted: string[] = [];
  for (let index = 0; index < MESSAGES_PER_ROUND; index++) {
    const text = `message ${round}-${index}`;
    try {
      const answer = await fetch(`${product.address('API')}/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          deduplicationKey: text,
          destinations: [DESTINATIONS[index % DESTINATIONS.length]],
          content: { text },
        }),
      });
      if (answer.status === 202) accepted.push(text);
    } catch {
      break;
    }
  }
  return accepted;
}

async function postsOf(product: StartedProduct): Promise<SandboxPost[]> {
  const answer = await fetch(`${product.address('Sandbox')}/control/posts`);
  return (await answer.json()) as SandboxPost[];
}
