/** `sendproof ingest dead-letters`: the records of queues that can't be accepted. Reads the queues themselves, without the API. */
import { pino } from 'pino';
import { loadConfiguration } from '../config/configuration.js';
import type { ConfiguredQueue } from '../config/queues.js';
import { remedy } from '../lib/nearest.js';
import type { DeadLetterRecord, Queue } from '../queues/queue.js';
import { SANDBOX_ACCOUNTS } from '../start/sandboxAccounts.js';
import { columnTable, type Column } from './columns.js';
import type { CommandContext } from './command.js';
import { confirm } from './confirm.js';
import { FailureError, UsageError } from './errors.js';
import { ExitCode } from './exitCode.js';
import type { Display } from './output.js';

export interface IngestDeadLettersOptions {
  queue?: string;
  limit: number;
  all?: boolean;
}

export interface ReplayOptions {
  queue?: string;
  dryRun?: boolean;
  yes?: boolean;
}

interface ListedDeadLetter extends Omit<DeadLetterRecord, 'sentAt' | 'deadAt'> {
  queue: string;
  sentAt: string;
  deadAt: string;
}

/** Lists the dead letters that were not replayed, the oldest first. */
export async function listIngestDeadLetters(
  { all, limit, queue }: IngestDeadLettersOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const atMost = all ? Number.MAX_SAFE_INTEGER - 1 : limit;
  // One more than is shown, to know whether there are more.
  const found = await inQueues(queue, context, (opened) => opened.deadLetters(atMost + 1));
  const deadLetters = found.flatMap(({ name, result }) =>
    result.slice(0, atMost).map((each): ListedDeadLetter => ({
      queue: name,
      ...each,
      sentAt: each.sentAt.toISOString(),
      deadAt: each.deadAt.toISOString(),
    })),
  );
  const more = found.some(({ result }) => result.length > atMost);
  context.output.result({ deadLetters, more }, (shown, display) =>
    renderDeadLetters(shown.deadLetters, display),
  );
  if (more) context.output.remark('There are more. Use --all or a larger --limit.');
  return ExitCode.done;
}

const COLUMNS: readonly Column<ListedDeadLetter>[] = [
  { name: 'queue', cell: ({ queue }) => queue },
  { name: 'record', cell: ({ origin }) => origin },
  { name: 'reason', cell: ({ reason }, { style }) => style('red', reason) },
  { name: 'sent', isFurther: true, cell: ({ sentAt }, { clock }) => clock.time(sentAt) },
  { name: 'since', cell: ({ deadAt }, { clock }) => clock.time(deadAt) },
  { name: 'replays', cell: ({ replays }) => String(replays) },
  { name: 'detail', cell: ({ detail }) => detail },
];

function renderDeadLetters(found: readonly ListedDeadLetter[], display: Display): string {
  if (found.length === 0) return 'No dead letters.';
  return columnTable(COLUMNS, found, display);
}

/** Sends the dead letters back to their queues. */
export async function replayIngestDeadLetters(
  { dryRun, queue, yes }: ReplayOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const counted = await inQueues(queue, context, async (opened) => {
    const found = await opened.deadLetters(Number.MAX_SAFE_INTEGER);
    return found.length;
  });
  const total = counted.reduce((sum, { result }) => sum + result, 0);
  const { output } = context;
  if (dryRun || total === 0) {
    const queues = counted.map(({ name, result }) => ({ queue: name, matching: result }));
    output.result({ dryRun: dryRun === true, replayed: 0, queues }, () =>
      total === 0 ? 'No dead letters.' : `${total} dead letters would be sent again.`,
    );
    return ExitCode.done;
  }
  if (!yes && !(await confirm(`Send ${total} dead letters to their queues again?`, context))) {
    return ExitCode.failed;
  }
  const replayed = await inQueues(queue, context, (opened) => opened.replayDeadLetters());
  const queues = replayed.map(({ name, result }) => ({ queue: name, replayed: result }));
  const sum = replayed.reduce((all, { result }) => all + result, 0);
  output.result(
    { dryRun: false, replayed: sum, queues },
    ({ replayed: sent }) => `${sent} dead letters were sent to their queues again.`,
  );
  if (sum < total) {
    output.remark(
      'Some could not be sent, and stay dead letters: "sendproof ingest dead-letters list" says why.',
    );
  }
  return ExitCode.done;
}

/** Does this in the queue of the name, or in all, one after the other. */
async function inQueues<Result>(
  named: string | undefined,
  { environment }: CommandContext,
  work: (queue: Queue) => Promise<Result>,
): Promise<{ name: string; result: Result }[]> {
  const { queues } = loadConfiguration(environment, SANDBOX_ACCOUNTS);
  const log = pino({ level: 'silent' });
  const results: { name: string; result: Result }[] = [];
  for (const configured of chosen(queues, named)) {
    const { name, place } = configured;
    const queue = await configured.open({ log });
    try {
      results.push({ name, result: await work(queue) });
    } catch (error) {
      throw new FailureError(
        `The dead letters of the queue ${name} (${place}) can’t be reached: ${(error as Error).message}`,
      );
    } finally {
      await queue.close();
    }
  }
  return results;
}

function chosen(queues: readonly ConfiguredQueue[], named: string | undefined) {
  if (queues.length === 0) {
    throw new FailureError('No queue is configured: add one under "queues" in sendproof.yaml.');
  }
  if (named === undefined) return queues;
  const found = queues.filter(({ name }) => name === named);
  if (found.length > 0) return found;
  const names = queues.map(({ name }) => name);
  throw new UsageError(`There is no queue "${named}": ${remedy(named, names)}`);
}
