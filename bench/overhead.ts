/** Measures sendproof's overhead over bare Temporal: on one server, in one run, alternating. */
import { bareTemporal, sendproof, type Both, type Sending } from './contestants.js';
import { aloneFigures, atOnceFigures, targets, type OverheadFigures } from './overheadFigures.js';
import { overheadTable } from './overheadTable.js';
import type { Scenario, ScenarioContext } from './scenario.js';
import { startTestbed, type Testbed } from './testbed.js';
import { surroundings } from './surroundings.js';
import { alternate, CONCURRENCY, runRound, type Round } from './turns.js';

interface Size {
  /** Rounds of each contestant, with `CONCURRENCY` messages at a time. Even, so that each contestant goes first equally often. */
  rounds: number;
  messagesPerRound: number;
  /** Messages of each contestant, one at a time. */
  messagesAlone: number;
}

const FULL: Size = { rounds: 6, messagesPerRound: 500, messagesAlone: 300 };
const QUICK: Size = { rounds: 4, messagesPerRound: 200, messagesAlone: 100 };
/** Compiles code, opens connections and fills caches. Its figures are discarded. */
const WARM_UP: Size = { rounds: 2, messagesPerRound: 300, messagesAlone: 20 };

export const overhead: Scenario = {
  name: 'overhead',
  summary: 'sendproof compared with a bare Temporal workflow whose one activity does nothing',
  async run(context) {
    const testbed = await startTestbed(context.log);
    try {
      const figures = await measure(testbed, context);
      const report = { surroundings: surroundings(testbed), ...figures, targets: targets(figures) };
      return { figures: report, table: overheadTable(report) };
    } finally {
      await testbed.close();
    }
  },
};

async function measure(
  testbed: Testbed,
  { quick, progress }: ScenarioContext,
): Promise<OverheadFigures> {
  const { rounds, messagesPerRound, messagesAlone } = quick ? QUICK : FULL;
  const contestants = {
    sendproof: sendproof(testbed),
    bare: bareTemporal(testbed, (await testbed.startBareWorker()).taskQueue),
  };
  const atOnce = (times: number, messages: number): Promise<Both<Round>[]> =>
    alternate(contestants, times, (contestant) => runRound(contestant, messages, CONCURRENCY));
  const alone = (times: number): Promise<Both<Sending>[]> =>
    alternate(contestants, times, (contestant) => contestant.send());

  progress('Warming up');
  await atOnce(WARM_UP.rounds, WARM_UP.messagesPerRound);
  await alone(WARM_UP.messagesAlone);
  progress(`${CONCURRENCY} at once: ${rounds} rounds of ${messagesPerRound} messages each`);
  const measured = await atOnce(rounds, messagesPerRound);
  progress(`One at a time: ${messagesAlone} messages each`);
  const sent = await alone(messagesAlone);
  return {
    atOnce: atOnceFigures(measured, CONCURRENCY),
    alone: aloneFigures(sent, await testbed.posts()),
    eventsPerHistory: await countEvents(testbed, sent),
  };
}

/** Counts the history events of each contestant's last message. */
async function countEvents(
  { client }: Testbed,
  sent: readonly Both<Sending>[],
): Promise<Both<number>> {
  const count = async (name: keyof Both<unknown>): Promise<number> => {
    const { events } = await client.workflow
      .getHandle(sent.at(-1)?.[name].key ?? '')
      .fetchHistory();
    return events?.length ?? 0;
  };
  const [ofSendproof, ofBare] = await Promise.all([count('sendproof'), count('bare')]);
  return { sendproof: ofSendproof, bare: ofBare };
}
