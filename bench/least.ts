/**
 * Measures how much of sendproof's difference to bare Temporal any hop from HTTP to Slack has: the least one takes turns with both.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { bareTemporal, leastHop, sendproof } from './contestants.js';
import {
  leastFigures,
  leastTable,
  type CostedRound,
  type LeastFigures,
  type Name,
  type ProcessorMs,
} from './leastFigures.js';
import type { Scenario, ScenarioContext } from './scenario.js';
import { surroundings } from './surroundings.js';
import { startTestbed, type Testbed } from './testbed.js';
import { alternate, CONCURRENCY, runRound } from './turns.js';

interface Size {
  /** A multiple of three, so that each goes first equally often. */
  rounds: number;
  messagesPerRound: number;
  messagesAlone: number;
}

const FULL: Size = { rounds: 6, messagesPerRound: 300, messagesAlone: 300 };
const QUICK: Size = { rounds: 3, messagesPerRound: 100, messagesAlone: 30 };
/** Compiles code, opens connections and fills caches. */
const WARM_UP: Size = { rounds: 2, messagesPerRound: 200, messagesAlone: 20 };

/** Temporal writes a workflow's last entry for searches after its end: that is of this round, not of the next. */
const REST_OF_A_ROUND_MS = 1_000;

export const least: Scenario = {
  name: 'least',
  summary: 'how much of the difference to bare Temporal any hop from HTTP to Slack has',
  async run(context) {
    const testbed = await startTestbed(context.log);
    try {
      const figures = await measure(testbed, context);
      const where = surroundings(testbed);
      return {
        figures: { surroundings: where, concurrency: CONCURRENCY, ...figures },
        table: leastTable(figures, CONCURRENCY, where),
      };
    } finally {
      await testbed.close();
    }
  },
};

async function measure(
  testbed: Testbed,
  { quick, progress }: ScenarioContext,
): Promise<LeastFigures> {
  const { rounds, messagesPerRound, messagesAlone } = quick ? QUICK : FULL;
  const [bare, hop] = [await testbed.startBareWorker(), await testbed.startLeastHop()];
  const contestants = {
    bare: bareTemporal(testbed, bare.taskQueue),
    least: leastHop(testbed, hop.url),
    sendproof: sendproof(testbed),
  };
  const own = {
    bare: () => bare.usage(),
    least: () => hop.usage(),
    sendproof: () => testbed.usageOfSendproof(),
  };
  const used = async (name: Name): Promise<ProcessorMs> => {
    const { user, system } = process.cpuUsage();
    return {
      server: (await testbed.usageOfServer()).processorMs,
      own: (await own[name]()).processorMs,
      sender: (user + system) / 1_000,
    };
  };
  const atOnce = (times: number, messages: number): Promise<Record<Name, CostedRound>[]> =>
    alternate(contestants, times, async (contestant, name) => {
      const before = await used(name);
      const round = await runRound(contestant, messages, CONCURRENCY);
      await delay(REST_OF_A_ROUND_MS);
      return { ...round, processorMs: difference(await used(name), before) };
    });

  progress('Warming up');
  await atOnce(WARM_UP.rounds, WARM_UP.messagesPerRound);
  await alternate(contestants, WARM_UP.messagesAlone, (contestant) => contestant.send());
  progress(`${CONCURRENCY} at once: ${rounds} rounds of ${messagesPerRound} messages each`);
  const turns = await atOnce(rounds, messagesPerRound);
  progress(`One at a time: ${messagesAlone} messages each`);
  const alone = await alternate(contestants, messagesAlone, (contestant) => contestant.send());
  return leastFigures(turns, alone);
}

function difference(after: ProcessorMs, before: ProcessorMs): ProcessorMs {
  return {
    server: after.server - before.server,
    own: after.own - before.own,
    sender: after.sender - before.sender,
  };
}
