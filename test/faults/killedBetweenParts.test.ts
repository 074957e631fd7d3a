/** A message in parts, whose worker dies at each point of each part. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startHarness, type Harness } from '../harness.js';
import { eachReaches } from './deliveries.js';
import { startWorkerProcess } from './productProcess.js';

/** Three parts on Slack. */
const WORDS = Array.from({ length: 3_000 }, (_, index) => `word${index}`);
const PARTS = 3;

const POSTING = { platform: 'slack', operation: 'chat.postMessage' } as const;

const DEATHS = {
  'posted, without an answer': { kind: 'hold' },
  'not posted': { kind: 'timeout', when: 'before' },
  'posted after the death': { kind: 'slow', when: 'before', delayMs: 3_000 },
} as const;

interface Case {
  key: string;
  path: string;
  part: number;
  fault: (typeof DEATHS)[keyof typeof DEATHS];
}

const CASES: Case[] = Object.entries(DEATHS).flatMap(([name, fault], row) =>
  Array.from({ length: PARTS }, (_, index) => ({
    key: `part ${index + 1} is ${name}`,
    path: `CPARTS${row}${index}`,
    part: index + 1,
    fault,
  })),
);

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness({ workers: false });
});
afterEach(() => harness.close());

it('shows each part once and in order, wherever its worker was killed', async () => {
  const { sandbox } = harness;
  const first = await startWorkerProcess(harness);
  for (const { path, part, fault } of CASES) {
    const skip = part > 1 ? { skip: part - 1 } : {};
    sandbox.addFault({ ...fault, ...POSTING, path, times: 1, ...skip });
  }
  await Promise.all(
    CASES.map(({ key, path }) =>
      harness.send({
        deduplicationKey: key,
        destinations: [`slack:default/${path}`],
        content: { text: WORDS.join(' ') },
      }),
    ),
  );
  await vi.waitFor(
    () => {
      for (const { path, part } of CASES) {
        expect(sandbox.requests({ ...POSTING, path })).toHaveLength(part);
      }
    },
    { timeout: 20_000, interval: 10 },
  );
  await first.kill('SIGKILL');
  sandbox.clearFaults();

  await startWorkerProcess(harness);
  const keys = CASES.map(({ key }) => key);
  const states = await eachReaches('confirmed', harness, keys, 60_000);
  for (const [index, { key, path, part, fault }] of CASES.entries()) {
    const posts = sandbox.posts({ platform: 'slack', path });
    expect(posts, key).toHaveLength(PARTS);
    expect(posts.slice(1).map(({ replyTo }) => replyTo)).toEqual([posts[0]?.id, posts[0]?.id]);
    const shown = posts.map(({ content }) => (content.kind === 'slack' ? content.blocks : []));
    expect(JSON.stringify(shown).match(/word\d+/g), key).toEqual(WORDS);
    const attempts = states[index]?.deliveries[0]?.attempts ?? [];
    expect(attempts[part - 1], key).toMatchObject({ number: part, reason: 'worker_lost' });
    const lookup = fault.kind === 'timeout' ? 'absent' : 'found';
    expect(attempts[part], key).toMatchObject({ part: { number: part }, lookup });
  }
}, 120_000);
