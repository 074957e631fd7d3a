/** Checks that each queue can be reached, has its topics, and how much waits in it. */
import { pino } from 'pino';
import type { ConfiguredQueue } from '../../config/queues.js';
import { ConfigurationError } from '../../lib/configurationError.js';
import { withinTime } from '../../lib/deadline.js';
import { broken, note, ok, type Finding } from './finding.js';

/** A client that can't reach a queue tries for longer. */
const ANSWER_WITHIN_MS = 10_000;

/** More than a spike of some minutes. */
const MUCH = 10_000;

export async function checkQueues(queues: readonly ConfiguredQueue[]): Promise<Finding[]> {
  return (await Promise.all(queues.map(checkQueue))).flat();
}

async function checkQueue(configured: ConfiguredQueue): Promise<Finding[]> {
  const { name, place } = configured;
  try {
    const queue = await configured.open({ log: pino({ level: 'silent' }) });
    try {
      const late = () => new Error(`it didn’t answer within ${ANSWER_WITHIN_MS / 1_000} s`);
      const look = async (): Promise<Finding[]> => {
        const faults = await queue.faults();
        if (faults.length > 0) {
          return faults.map((fault) => broken(`${name}: it can’t be used`, fault));
        }
        const lag = (await queue.lag()).reduce((sum, { records }) => sum + records, 0);
        return [
          lagFinding(name, place, lag),
          ...deadLetterFindings(name, await queue.countDeadLetters()),
        ];
      };
      return await withinTime(look(), ANSWER_WITHIN_MS, { late });
    } finally {
      await queue.close();
    }
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof ConfigurationError)
      return [broken(`${name}: it can’t be opened`, message)];
    return [
      broken(
        `${name} (${place}) can’t be reached: ${message}`,
        'See whether it runs and can be reached from here, and check the addresses and credentials under "queues".',
      ),
    ];
  }
}

function lagFinding(name: string, place: string, lag: number): Finding {
  const what = `${name} (${place}): ${lag === 1 ? '1 record waits' : `${lag} records wait`}`;
  if (lag < MUCH) return ok(what);
  return note(what, 'See whether "npm run ingest" runs, and whether Temporal is the bottleneck.');
}

function deadLetterFindings(name: string, count: number): Finding[] {
  if (count === 0) return [];
  return [
    note(
      `${name}: ${count === 1 ? '1 dead letter' : `${count} dead letters`}`,
      `List them: sendproof ingest dead-letters list --queue ${name}`,
    ),
  ];
}
