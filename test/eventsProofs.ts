/** What is shown of `events:` with a real target in `test/prove/`: each event arrives, whatever is killed, and no message waits for it. */
import { expect } from 'vitest';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { CloudEvent } from '../src/acknowledgements/cloudEvent.js';
import { inTens, SqsCalls } from '../src/queues/sqs/calls.js';
import { eachReaches, slackChannel } from './faults/deliveries.js';
import { startWorkerProcess } from './faults/productProcess.js';
import { startHarness, type Harness } from './harness.js';
import type { Installation } from './kafka/proofs.js';
import { until } from './queueProofs.js';
import { CREDENTIALS, type ElasticMq } from './sqs/elasticMq.js';

/** Where events go, and what a proof does there. */
interface Target {
  /** As under `events:`. */
  settings: object;
  environment?: NodeJS.ProcessEnv;
  /** All events that were written so far. */
  read(): Promise<CloudEvent[]>;
  /** Takes it away, where that can be done without a loss that is its own. */
  stop?(): Promise<void>;
  start?(): Promise<void>;
}

/** Quick, so that a proof is: what waits for the target is tried at least each second. */
const EVENTS_OFTEN = {
  acknowledgements: { requestTimeout: '2s', retry: 'often' },
  retry: { often: { initialDelay: '200ms', maximumDelay: '1s', attempts: 1_000 } },
};
const CHANNELS = 20;
const AT_ONCE = 10;

/** A third of the messages is delivered while the target is away, one by a worker that is killed, and one once the target is back. */
async function proveEvents(
  target: Target,
  { messages, withinMs }: { messages: number; withinMs: number },
): Promise<void> {
  const harness = await startHarness({
    workers: false,
    settings: { ...EVENTS_OFTEN, events: { archive: target.settings } },
  });
  try {
    const keys = Array.from({ length: messages }, (_, number) => `told-${number}`);
    const third = Math.ceil(messages / 3);
    const worker = await startWorkerProcess(harness, target.environment);
    await target.stop?.();
    const first = keys.slice(0, third);
    await send(harness, first);
    // All of them, although none of their events can be written.
    await eachReaches('confirmed', harness, first, withinMs);
    const second = send(harness, keys.slice(third, 2 * third));
    await until(() => harness.sandbox.posts().length >= 1.5 * third, withinMs);
    await worker.kill('SIGKILL');
    // Temporal notices what the worker has lost while the target starts.
    const [other] = await Promise.all([
      startWorkerProcess(harness, target.environment),
      target.start?.(),
      second,
    ]);
    await send(harness, keys.slice(2 * third));
    await eachReaches('confirmed', harness, keys, withinMs);

    await until(async () => {
      const told = new Set((await target.read()).map(({ subject }) => subject));
      return told.size === messages;
    }, withinMs);
    await until(async () => (await acknowledgements(harness, 'Running')).length === 0, withinMs);
    const events = await target.read();
    expect(new Set(events.map(({ subject }) => subject))).toEqual(new Set(keys));
    expect(new Set(events.map(({ type }) => type))).toEqual(
      new Set(['io.sendproof.message.confirmed']),
    );
    // An event that came twice has one id, which is that of its workflow.
    const workflows = await acknowledgements(harness, 'Completed');
    expect(workflows).toHaveLength(messages);
    expect(
      new Set(events.map(({ id }) => id.replace('msg_', 'sendproof/ack/') + '/archive')),
    ).toEqual(new Set(workflows));
    expect(await other.kill('SIGTERM')).toBe(0);
  } finally {
    await harness.close();
  }
}

async function send(harness: Harness, keys: readonly string[]): Promise<void> {
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    const answers = await Promise.all(
      keys.slice(at, at + AT_ONCE).map((deduplicationKey, index) =>
        harness.send({
          deduplicationKey,
          destinations: [slackChannel((at + index) % CHANNELS)],
          content: { text: deduplicationKey },
        }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
  }
}

async function acknowledgements({ client }: Harness, status: string): Promise<string[]> {
  const query = `WorkflowType = 'acknowledgeSource' AND ExecutionStatus = '${status}'`;
  const ids: string[] = [];
  for await (const { workflowId } of client.workflow.list({ query })) ids.push(workflowId);
  return ids;
}

/** Milliseconds from the acceptance of each of these messages until people saw its post, whose text is the key. */
export async function shownAfterMs(
  { client, sandbox }: Harness,
  keys: readonly string[],
): Promise<number[]> {
  const shownAt = new Map(sandbox.posts().map(({ postedAt, text }) => [text, postedAt]));
  return await Promise.all(
    keys.map(async (key) => {
      const { startTime } = await client.workflow.getHandle(key).describe();
      return (shownAt.get(key) ?? NaN) - startTime.getTime();
    }),
  );
}

export async function proveEventsInKafka(
  { broker, topics }: Installation,
  size: { messages: number; withinMs: number },
): Promise<void> {
  const topic = 'message-events';
  await topics.create({ [topic]: 3 });
  await proveEvents(
    {
      settings: { kafka: { brokers: [broker.address], topic } },
      read: async () =>
        (await topics.read(topic)).map(({ value }) => JSON.parse(String(value)) as CloudEvent),
      stop: () => broker.kill(),
      start: () => broker.restart(),
    },
    size,
  );
  const records = await topics.read(topic);
  for (const { headers, key, value } of records) {
    expect(String(key)).toBe((JSON.parse(String(value)) as CloudEvent).subject);
    expect(String(headers?.['content-type'])).toMatch(/^application\/cloudevents\+json/);
  }
}

export async function proveEventsInSqs(
  server: ElasticMq,
  size: { messages: number; withinMs: number },
): Promise<void> {
  const { region, url } = await server.create('message-events.fifo');
  const client = new SQSClient({
    endpoint: new URL(url).origin,
    region,
    credentials: {
      accessKeyId: CREDENTIALS.AWS_ACCESS_KEY_ID,
      secretAccessKey: CREDENTIALS.AWS_SECRET_ACCESS_KEY,
    },
  });
  const calls = new SqsCalls(client, url);
  const events: CloudEvent[] = [];
  try {
    await proveEvents(
      {
        settings: { sqs: { url, region } },
        environment: CREDENTIALS,
        read: async () => {
          for (;;) {
            const messages = await calls.receive({ hiddenForS: 60, waitS: 0 });
            if (messages.length === 0) return events;
            events.push(...messages.map(({ Body = '' }) => JSON.parse(Body) as CloudEvent));
            for (const some of inTens(messages)) await calls.delete(some);
          }
        },
      },
      size,
    );
  } finally {
    client.destroy();
  }
}
