/**
 * Sends messages beside few and many open ones, with one to three workers: on one server for each number of open messages, in
 * turns, so that changes in the machine's load affect all alike.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { visibilityQuery } from '../src/store/search/messageSearch.js';
import { sendBurst } from './burst.js';
import { sendproof, type Contestant } from './contestants.js';
import {
  growthMeasurements,
  growthTable,
  growthTarget,
  type Filling,
  type GrowthRound,
  type Usage,
} from './growthFigures.js';
import type { Scenario, ScenarioContext } from './scenario.js';
import { surroundings } from './surroundings.js';
import { startTestbed, type Testbed, type TestbedPart } from './testbed.js';
import { runRound } from './turns.js';

interface Size {
  open: readonly number[];
  workers: number;
  /** For each number of open messages and of workers. */
  rounds: number;
  messagesPerRound: number;
  concurrency: number;
}

const FULL: Size = {
  open: [100, 10_000, 50_000],
  workers: 3,
  rounds: 3,
  messagesPerRound: 200,
  concurrency: 100,
};
const QUICK: Size = {
  open: [20, 200, 1_000],
  workers: 2,
  rounds: 1,
  messagesPerRound: 60,
  concurrency: 20,
};

/** Before the rounds, for each number of workers: code is compiled and connections are open then. */
const WARM_UP_MESSAGES = 40;

/** A dead letter takes an attempt, where a message that waits for its time takes a start alone: so there are not more of them. */
const MOST_DEAD_LETTERS = 500;
const CHANNELS = 100;
const WAITING_MS = 7 * 24 * 60 * 60_000;
const DEAD_LETTERS_TIMEOUT_MS = 10 * 60_000;

/** One installation, with so many open messages. */
interface Installation {
  open: number;
  testbed: Testbed;
  contestant: Contestant;
  workers: TestbedPart[];
}

export const growth: Scenario = {
  name: 'growth',
  summary:
    'throughput, latency, memory and cost beside few and many open messages, with one to three workers',
  async run(context) {
    const { log, progress, quick } = context;
    const size = quick ? QUICK : FULL;
    const installations: Installation[] = [];
    try {
      const fillings: Filling[] = [];
      for (const open of size.open) {
        progress(`${open} open messages`);
        const installation = await start(open, log);
        installations.push(installation);
        fillings.push(await fill(installation));
      }
      const rounds = await measure(installations, size, context);
      const measurements = growthMeasurements(rounds);
      const [first] = installations;
      return {
        figures: {
          surroundings: first && surroundings(first.testbed),
          fillings,
          measurements,
          targets: [growthTarget(measurements)],
        },
        table: growthTable(measurements, fillings),
      };
    } finally {
      for (const { testbed } of installations) await testbed.close();
    }
  },
};

async function start(open: number, log: Logger): Promise<Installation> {
  const testbed = await startTestbed(log, { apiAlone: true });
  return { open, testbed, contestant: sendproof(testbed), workers: [] };
}

/** Makes the open messages. Its one worker stays. */
async function fill(installation: Installation): Promise<Filling> {
  const { open, testbed } = installation;
  const deadLetters = Math.min(open / 10, MOST_DEAD_LETTERS);
  const scheduled = open - deadLetters;
  await addWorker(installation);
  await testbed.setFault({ kind: 'slack_error', platform: 'slack', error: 'not_in_channel' });
  await sendBurst(testbed, 'dead', deadLetters, CHANNELS);
  await untilDeadLetters(testbed, deadLetters);
  await testbed.clearFaults();

  const bytesBefore = await testbed.databaseBytes();
  const from = performance.now();
  const deliverAt = new Date(Date.now() + WAITING_MS).toISOString();
  await sendBurst(testbed, 'scheduled', scheduled, CHANNELS, 0, { deliverAt });
  const seconds = (performance.now() - from) / 1_000;
  const bytes = (await testbed.databaseBytes()) - bytesBefore;
  return {
    open,
    deadLetters,
    scheduled,
    scheduledPerSecond: scheduled / seconds,
    bytesPerScheduled: bytes / scheduled,
  };
}

async function untilDeadLetters({ client }: Testbed, count: number): Promise<void> {
  const query = visibilityQuery({ status: 'dead_lettered' });
  const deadline = Date.now() + DEAD_LETTERS_TIMEOUT_MS;
  while ((await client.workflow.count(query)).count < count) {
    if (Date.now() > deadline) throw new Error(`There were not ${count} dead letters in time.`);
    await delay(500);
  }
}

async function addWorker({ testbed, workers }: Installation): Promise<void> {
  workers.push(await testbed.startWorker({ environment: {}, nodeOptions: [] }));
}

async function measure(
  installations: readonly Installation[],
  { concurrency, messagesPerRound, rounds, workers }: Size,
  { progress }: ScenarioContext,
): Promise<GrowthRound[]> {
  const measured: GrowthRound[] = [];
  for (let count = 1; count <= workers; count += 1) {
    progress(`${count} ${count === 1 ? 'worker' : 'workers'}`);
    for (const installation of installations) {
      if (installation.workers.length < count) await addWorker(installation);
      await runRound(installation.contestant, WARM_UP_MESSAGES, concurrency);
    }
    for (let round = 0; round < rounds; round += 1) {
      // Each goes first, and last, equally often where there are as many rounds as installations.
      const first = round % installations.length;
      for (const each of [...installations.slice(first), ...installations.slice(0, first)]) {
        const before = await usage(each);
        const sent = await runRound(each.contestant, messagesPerRound, concurrency);
        const after = await usage(each);
        measured.push({ ...sent, open: each.open, workers: count, before, after });
      }
    }
  }
  return measured;
}

async function usage({ testbed, workers }: Installation): Promise<Usage> {
  return {
    server: await testbed.usageOfServer(),
    api: await testbed.usageOfSendproof(),
    workers: await Promise.all(workers.map((worker) => worker.usage())),
    databaseBytes: await testbed.databaseBytes(),
  };
}
