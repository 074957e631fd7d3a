/** A decision to retry thousands of dead letters, carried out by one, two and three worker processes. */
import { countBecomes, parkMessages } from './deadLetters.js';
import type { ProcessUsage } from './processUsage.js';
import type { Scenario, ScenarioContext } from './scenario.js';
import { surroundings, type Surroundings } from './surroundings.js';
import { startTestbed, type Testbed, type TestbedPart } from './testbed.js';
import { textTable } from './textTable.js';

const WORKERS = [1, 2, 3] as const;
/** Each has a dead-letter queue of its own, whose decision may retry 50 a second. */
const CHANNELS = 20;
const RETRYING_TIMEOUT_MS = 120 * 60_000;

interface Measurement {
  workers: number;
  /** From the request to the last post. */
  seconds: number;
  perSecond: number;
  /** To the rate of one worker, on the same machine. */
  ratio: number;
  /** From the request to the first post. */
  secondsToFirst: number;
  /** Processor time per message in milliseconds, from the request to the end of the last message. */
  serverMs: number;
  /** The same of all workers together. */
  workerMs: number;
  /** The processors that both used on average. Near the number that the machine has, more workers can't be faster. */
  processorsUsed: number;
  /** More posts than messages. 0 is what must come out. */
  postedTwice: number;
}

export const retries: Scenario = {
  name: 'retries',
  summary:
    'thousands of dead letters that are retried by one decision, with one, two and three workers',
  async run(context) {
    const messages = context.messages ?? (context.quick ? 300 : 10_000);
    const measurements: Measurement[] = [];
    let at: Surroundings | undefined;
    for (const workers of WORKERS) {
      // Each has a new server, so that none works on the database that others have filled.
      const testbed = await startTestbed(context.log, { apiAlone: true });
      try {
        const measured = await measure(testbed, messages, workers, context);
        const ratio = measured.perSecond / (measurements[0]?.perSecond ?? measured.perSecond);
        const measurement = { ...measured, workers, ratio };
        measurements.push(measurement);
        context.progress(row(measurement).join('  '));
        at = surroundings(testbed);
      } finally {
        await testbed.close();
      }
    }
    return {
      figures: { surroundings: at, messages, measurements },
      table: textTable([
        [
          ...[`${messages} retried`, 'seconds', 'to the first', 'a second', 'ratio'],
          ...['server', 'workers', 'processors', 'posted twice'],
        ],
        ...measurements.map(row),
      ]),
    };
  },
};

async function measure(
  testbed: Testbed,
  messages: number,
  workers: number,
  { progress, share }: ScenarioContext,
): Promise<Omit<Measurement, 'ratio' | 'workers'>> {
  progress(`${messages} messages become dead letters, for ${nameOf(workers)} to retry`);
  const burst = { name: 'retried', count: messages, channels: CHANNELS };
  const processes = await parkMessages(testbed, burst, async () => {
    const started: TestbedPart[] = [];
    while (started.length < workers) {
      started.push(await testbed.startWorker({ environment: {}, nodeOptions: [] }));
    }
    return started;
  });
  const used = async () => ({
    server: (await testbed.usageOfServer()).processorMs,
    workers: sum((await Promise.all(processes.map((each) => each.usage()))).map(processorMs)),
  });
  progress('All are dead letters, and the retry begins');
  const held =
    share === undefined ? [] : await Promise.all(processes.map((each) => each.holdToShare(share)));
  const before = await used();
  const requestedAt = Date.now();
  await retryAll(testbed);
  await countBecomes(testbed, { isOpen: true }, 0, RETRYING_TIMEOUT_MS);
  const after = await used();
  const endedAt = Date.now();
  await Promise.all(held.map((lift) => lift()));
  const posts = await testbed.posts();
  if (posts.length < messages) throw new Error(`Only ${posts.length} of ${messages} were posted.`);
  const times = posts.map(({ postedAt }) => postedAt).sort((one, other) => one - other);
  const seconds = ((times.at(-1) ?? requestedAt) - requestedAt) / 1_000;
  const serverMs = after.server - before.server;
  const workerMs = after.workers - before.workers;
  return {
    seconds,
    perSecond: messages / seconds,
    secondsToFirst: ((times[0] ?? requestedAt) - requestedAt) / 1_000,
    serverMs: serverMs / messages,
    workerMs: workerMs / messages,
    processorsUsed: (serverMs + workerMs) / (endedAt - requestedAt),
    postedTwice: posts.length - messages,
  };
}

const processorMs = (usage: ProcessUsage): number => usage.processorMs;
const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);

async function retryAll({ apiUrl }: Testbed): Promise<void> {
  const response = await fetch(`${apiUrl}/v1/dead-letters/retry`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      filter: { reason: 'not_authorised' },
      by: 'bench',
      reason: 'invited the app',
    }),
  });
  if (!response.ok) throw new Error(`sendproof answered ${response.status} to the decision.`);
}

function row(measurement: Measurement): string[] {
  const { perSecond, postedTwice, processorsUsed, ratio, seconds, secondsToFirst } = measurement;
  const { serverMs, workerMs, workers } = measurement;
  return [
    nameOf(workers),
    ...[seconds, secondsToFirst, perSecond].map((figure) => figure.toFixed(1)),
    ratio.toFixed(2),
    ...[serverMs, workerMs].map((figure) => `${figure.toFixed(0)} ms`),
    processorsUsed.toFixed(1),
    String(postedTwice),
  ];
}

function nameOf(workers: number): string {
  return workers === 1 ? 'one worker' : `${workers} workers`;
}
