/** What is shown of SQS in `test/prove/`, in the sizes that an integration has time for, and in `seldom/` as a whole. */
import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { expect } from 'vitest';
import { inTens, SqsCalls } from '../../src/queues/sqs/calls.js';
import { slackChannel } from '../faults/deliveries.js';
import { startIngestProcess, type ProductProcess } from '../faults/productProcess.js';
import { startHarness, type Harness } from '../harness.js';
import type { KillableServer } from '../killableServer.js';
import {
  countWorkflows,
  once,
  poisonAmong,
  proveKilled,
  record,
  temporalAway,
  timesPosted,
  until,
  withAccount,
} from '../queueProofs.js';
import { runSendproof } from '../sendproofCommand.js';
import { CREDENTIALS, type CreatedQueue, type ElasticMq } from './elasticMq.js';

/** As short as it may be: the records of a consumer that was killed come again after it. */
const VISIBILITY_TIMEOUT = '10s';

let proofs = 0;

interface Proof {
  harness: Harness;
  queue: CreatedQueue;
  client: SQSClient;
}

async function startProof(
  server: ElasticMq,
  { ending = '', ...options }: { ending?: string } & Parameters<typeof startHarness>[0],
): Promise<Proof> {
  proofs += 1;
  const queue = await server.create(`proof-${proofs}${ending}`);
  const settings: SQSClientConfig = {
    endpoint: new URL(queue.url).origin,
    region: queue.region,
    credentials: {
      accessKeyId: CREDENTIALS.AWS_ACCESS_KEY_ID,
      secretAccessKey: CREDENTIALS.AWS_SECRET_ACCESS_KEY,
    },
  };
  const harness = await startHarness({
    ...options,
    settings: { queues: { main: { sqs: { ...queue, visibilityTimeout: VISIBILITY_TIMEOUT } } } },
  });
  const client = new SQSClient(settings);
  harness.closeWith(() => {
    client.destroy();
    return Promise.resolve();
  });
  return { harness, queue, client };
}

async function sendAll({ client, queue }: Proof, bodies: readonly string[]): Promise<void> {
  const calls = new SqsCalls(client, queue.url);
  const isFifo = queue.url.endsWith('.fifo');
  const entries = bodies.map((MessageBody, index) => ({
    written: { MessageBody, MessageAttributes: {} },
    ...(isFifo && { fifo: { group: `group-${index % 20}`, deduplicationId: String(index) } }),
  }));
  for (const batch of inTens(entries)) expect(await calls.send(batch)).toEqual([]);
}

/** What is in the queue: waiting, or in hand. */
async function lengthOf({ client }: Proof, url: string): Promise<number> {
  const counts = await new SqsCalls(client, url).attributes([
    'ApproximateNumberOfMessages',
    'ApproximateNumberOfMessagesNotVisible',
  ]);
  return Object.values(counts).reduce((sum, count) => sum + Number(count), 0);
}

async function startConsumer(harness: Harness, more = {}): Promise<ProductProcess> {
  return await startIngestProcess(harness, { ...CREDENTIALS, ...more });
}

/** Kills the consumer three times and Temporal once, while this many records are accepted and posted. */
export async function proveExactlyOnce(
  server: ElasticMq,
  temporal: KillableServer,
  { ending = '', records, withinMs }: { ending?: string; records: number; withinMs: number },
): Promise<{ seconds: number }> {
  const proof = await startProof(server, { ending, temporalAddress: temporal.address() });
  const { harness, queue } = proof;
  try {
    const numbers = Array.from({ length: records }, (_, number) => number);
    await sendAll(
      proof,
      numbers.map((number) => record(number).value),
    );
    const figures = await proveKilled(harness, {
      isDone: async () => (await lengthOf(proof, queue.url)) === 0,
      numbers,
      outages: [temporalAway(temporal)],
      start: () => startConsumer(harness),
      withinMs,
    });
    expect(await lengthOf(proof, queue.deadLetterUrl)).toBe(0);
    return figures;
  } finally {
    await harness.close();
  }
}

const POISON = [
  'not JSON',
  '"a text"',
  '{}',
  JSON.stringify({ destinations: ['slack:nobody/C0X'], content: { text: 'x' } }),
  JSON.stringify({ destinations: [slackChannel(1)], content: { text: 'x' }, unknown: true }),
];

/** Every so many records one can't be accepted. The others are posted, and after a correction a replay accepts what it can. */
export async function provePoison(
  server: ElasticMq,
  { poison, records, withinMs }: { records: number; poison: number; withinMs: number },
): Promise<void> {
  const proof = await startProof(server, {});
  const { harness, queue } = proof;
  try {
    const { cured, good, numbers, poisonAt } = poisonAmong(POISON, { records, poison });
    await sendAll(
      proof,
      numbers.map((number) => poisonAt(number) ?? record(number).value),
    );
    const consumer = await startConsumer(harness);
    await until(async () => (await lengthOf(proof, queue.url)) === 0, withinMs);
    await until(() => harness.sandbox.posts().length >= good.length, withinMs);
    expect(timesPosted(harness)).toEqual(once(good));
    expect(await lengthOf(proof, queue.deadLetterUrl)).toBe(poison);
    expect(await consumer.kill('SIGTERM')).toBe(0);

    // What named an unknown account is accepted once there is one; the others are dead letters again.
    const corrected = await startConsumer(harness, {
      SENDPROOF_CONFIG: await withAccount(harness, 'nobody'),
    });
    await replayByCommand(harness, poison);
    await until(
      async () => (await lengthOf(proof, queue.deadLetterUrl)) === poison - cured,
      withinMs,
    );
    await until(async () => (await countWorkflows(harness)) === good.length + cured, withinMs);
    expect(await corrected.kill('SIGTERM')).toBe(0);
  } finally {
    await harness.close();
  }
}

/** Lists this many dead letters, and replays them, as a person does. */
async function replayByCommand({ configurationFile }: Harness, count: number): Promise<void> {
  const environment = { SENDPROOF_CONFIG: configurationFile };
  const command = async (...args: string[]) => {
    const { stdout } = await runSendproof(['ingest', 'dead-letters', ...args, '--json'], {
      environment,
    });
    return JSON.parse(stdout) as { deadLetters?: { reason: string; origin: string }[] };
  };
  // The default chain of the SDK looks into the environment of this process.
  Object.assign(process.env, CREDENTIALS);
  try {
    const { deadLetters = [] } = await command('list', '--all');
    expect(deadLetters).toHaveLength(count);
    for (const { origin } of deadLetters) expect(origin).toMatch(/^proof-\d+\/[0-9a-f-]{36}$/);
    expect(new Set(deadLetters.map(({ reason }) => reason))).toEqual(
      new Set(['malformed_json', 'invalid_request']),
    );
    expect(await command('replay', '--yes')).toMatchObject({ replayed: count });
  } finally {
    for (const name of Object.keys(CREDENTIALS)) Reflect.deleteProperty(process.env, name);
  }
}
