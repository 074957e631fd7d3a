/** `sendproof ingest dead-letters`, and what `doctor` says of queues, without a broker. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkQueues } from '../../src/cli/doctor/queues.js';
import type { ConfiguredQueue } from '../../src/config/queues.js';
import { ConfigurationError } from '../../src/lib/configurationError.js';
import type { Queue } from '../../src/queues/queue.js';
import { runSendproof } from '../sendproofCommand.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-dead-letters-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function run(queues: object, ...args: string[]) {
  const file = join(directory, 'sendproof.yaml');
  await writeFile(file, JSON.stringify({ queues }));
  return await runSendproof(['ingest', 'dead-letters', ...args], {
    environment: { SENDPROOF_CONFIG: file },
  });
}

const main = { kafka: { brokers: ['127.0.0.1:1'], topic: 'messages' } };

describe('sendproof ingest dead-letters', () => {
  it.each([[['list']], [['replay']], [[]]])('needs a queue: %j', async (args) => {
    const { exitCode, stderr } = await run({}, ...args);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('No queue is configured');
  });

  it.each([[['list', '--queue', 'mian']], [['replay', '--queue', 'mian']], [['--queue', 'mian']]])(
    'names the queue that was meant: %j',
    async (args) => {
      const { exitCode, stderr } = await run({ main }, ...args);
      expect(exitCode).toBe(2);
      expect(stderr).toContain('did you mean "main"?');
    },
  );

  it('takes whole numbers as limit', async () => {
    expect((await run({ main }, 'list', '--limit', '0x10')).exitCode).toBe(2);
  });
});

/** A queue as far as `doctor` looks at it. */
function queueOf(parts: Partial<Queue> | Error): ConfiguredQueue {
  const queue = {
    faults: () => Promise.resolve([]),
    lag: () => Promise.resolve([]),
    deadLetters: () => Promise.reject(new Error('It hides them for a moment.')),
    countDeadLetters: () => Promise.resolve(0),
    close: () => Promise.resolve(),
    ...(parts instanceof Error ? {} : parts),
  } as unknown as Queue;
  return {
    name: 'main',
    type: 'kafka',
    place: 'the topic messages',
    source: undefined,
    tenant: undefined,
    inFlight: 1,
    maxAgeMs: undefined,
    open: () => (parts instanceof Error ? Promise.reject(parts) : Promise.resolve(queue)),
  };
}

describe('sendproof doctor', () => {
  it('says how much waits in each queue, and how many dead letters there are', async () => {
    const lag = () =>
      Promise.resolve([1, 2].map((each) => ({ partition: `${each}`, records: each })));
    const findings = await checkQueues([
      queueOf({ lag, countDeadLetters: () => Promise.resolve(2) }),
      queueOf({ lag: () => Promise.resolve([{ partition: '0', records: 50_000 }]) }),
    ]);
    expect(findings.map(({ state, what }) => [state, what])).toEqual([
      ['ok', 'main (the topic messages): 3 records wait'],
      ['note', 'main: 2 dead letters'],
      ['note', 'main (the topic messages): 50000 records wait'],
    ]);
  });

  it.each([
    [{ faults: () => Promise.resolve(['Kafka has no topic x: create it.']) }, 'no topic x'],
    [{ lag: () => Promise.reject(new Error('Connection error')) }, 'check the addresses'],
    [new ConfigurationError('The environment variable X is not set.'), 'X is not set'],
  ])('says what is broken, and the remedy', async (parts, remedy) => {
    const [finding] = await checkQueues([queueOf(parts)]);
    expect(finding?.state).toBe('broken');
    expect(finding?.remedy).toContain(remedy);
  });
});
