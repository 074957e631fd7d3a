/** What sendproof costs: beside bare Temporal, on one server, in one run, taking turns. */
import { bareTemporal, sendproof, type Both, type Sending } from './contestants.js';
import { aloneFigures, atOnceFigures, targets, type OverheadFigures } from './overheadFigures.js';
import { overheadTable } from './overheadTable.js';
import type { Scenario, ScenarioContext } from './scenario.js';
import { openStage, type Stage } from './stage.js';
import { surroundings } from './surroundings.js';
import { inTurns, playRound, type Round } from './turns.js';

/** As many as the API passes on to Temporal at the same time. */
const CONCURRENCY = 100;

interface Size {
  /** Of each contestant, with `CONCURRENCY` messages under way. Even, so that each goes first as often. */
  rounds: number;
  messagesPerRound: number;
  /** Of each contestant, one at a time. */
  messagesAlone: number;
}

const FULL: Size = { rounds: 6, messagesPerRound: 500, messagesAlone: 300 };
const QUICK: Size = { rounds: 2, messagesPerRound: 200, messagesAlone: 60 };
/** Until code is compiled, connections are open and caches are filled. Its figures are not kept. */
const WARM_UP: Size = { rounds: 2, messagesPerRound: 300, messagesAlone: 20 };

export const overhead: Scenario = {
  name: 'overhead',
  summary: 'sendproof beside a bare Temporal workflow whose one activity does nothing',
  async run(context) {
    const stage = await openStage(context.log);
    try {
      const figures = await measure(stage, context);
      const report = { surroundings: surroundings(stage), ...figures, targets: targets(figures) };
      return { figures: report, table: overheadTable(report) };
    } finally {
      await stage.close();
    }
  },
};

async function measure(
  stage: Stage,
  { quick, progress }: ScenarioContext,
): Promise<OverheadFigures> {
  const { rounds, messagesPerRound, messagesAlone } = quick ? QUICK : FULL;
  const contestants = {
    sendproof: sendproof(stage),
    bare: bareTemporal(stage, await stage.startBareWorker()),
  };
  const atOnce = (times: number, messages: number): Promise<Both<Round>[]> =>
    inTurns(contestants, times, (contestant) => playRound(contestant, messages, CONCURRENCY));
  const alone = (times: number): Promise<Both<Sending>[]> =>
    inTurns(contestants, times, (contestant) => contestant.send());

  progress('Warming up');
  await atOnce(WARM_UP.rounds, WARM_UP.messagesPerRound);
  await alone(WARM_UP.messagesAlone);
  progress(`${CONCURRENCY} at once: ${rounds} rounds of ${messagesPerRound} messages each`);
  const played = await atOnce(rounds, messagesPerRound);
  progress(`One at a time: ${messagesAlone} messages each`);
  const sent = await alone(messagesAlone);
  return {
    atOnce: atOnceFigures(played, CONCURRENCY),
    alone: aloneFigures(sent, await stage.posts()),
    eventsPerHistory: await countEvents(stage, sent),
  };
}

/** Of the last message of each. */
async function countEvents(
  { client }: Stage,
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
