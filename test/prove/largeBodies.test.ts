/** For how long a body of 16 MiB keeps other requests waiting, at the most. Run by itself, it prints the figures. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OPS, startIntakeApi, type IntakeApi } from '../unit/intakeApi.js';

/** On an idle machine it is a tenth of that. Parsed and checked at once, these bodies took seconds. */
const LONGEST_BLOCK_MS = 1_000;
const RUNS = 3;
const LARGEST_BYTES = 16 * 1024 * 1024;

let intake: IntakeApi;
beforeAll(async () => {
  intake = await startIntakeApi();
});
afterAll(() => intake.close());

const many = <Item>(count: number, item: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => item(index));
const keys = (count: number) => Object.fromEntries(many(count, (index) => [`key${index}`, index]));
const message = (index: number, more: object = {}) => ({
  deduplicationKey: `blocking-${index}`,
  destinations: [OPS],
  content: { text: 'x' },
  ...more,
});

/** Runs the work, and resolves with the longest time in which nothing else could run, in milliseconds. */
async function longestBlock(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  await work();
  clearInterval(timer);
  return Math.round(longest);
}

const BODIES: Record<string, () => string> = {
  '1,000 valid messages': () =>
    JSON.stringify({
      messages: many(1_000, (n) => message(n, { content: { text: 'x'.repeat(16_000) } })),
    }),
  '1,000 messages with 900 wrong destinations each': () =>
    JSON.stringify({
      messages: many(1_000, (n) => message(n, { destinations: many(900, String) })),
    }),
  '1,000 messages with 1,000 unknown fields each': () =>
    JSON.stringify({ messages: many(1_000, (n) => message(n, keys(1_000))) }),
  '30 messages with 40,000 destinations each': () =>
    JSON.stringify({
      messages: many(30, (n) => message(n, { destinations: many(40_000, String) })),
    }),
  'a million fields in one message': () =>
    JSON.stringify({ messages: [message(0, keys(1_000_000))] }),
  'eight million entries': () => `{"messages":[${'1,'.repeat(8_000_000)}1]}`,
  'eight million levels': () => '['.repeat(8_000_000) + ']'.repeat(8_000_000),
  'one text': () => `{"messages":["${'x'.repeat(LARGEST_BYTES - 100)}"]}`,
};

it.each(Object.entries(BODIES))('%s', async (name, body) => {
  const bytes = Buffer.from(body());
  const url = new URL('/v1/messages/batch', intake.api.url);
  const headers = { 'content-type': 'application/json' };
  let status = 0;
  let blockedMs = Infinity;
  // What else the machine does can lengthen a block, but not shorten it: the least of several runs counts.
  for (let run = 0; run < RUNS && blockedMs >= LONGEST_BLOCK_MS; run += 1) {
    const measured = await longestBlock(async () => {
      const answer = await fetch(url, { method: 'POST', headers, body: bytes });
      status = answer.status;
      await answer.arrayBuffer();
    });
    blockedMs = Math.min(blockedMs, measured);
  }
  console.log(
    `${name} (${bytes.length} bytes): ${status}, blocked for ${blockedMs} ms at the most`,
  );
  expect([200, 400, 413]).toContain(status);
  expect(blockedMs).toBeLessThan(LONGEST_BLOCK_MS);
});
