/** `sendproof dead-letters` */
import type { MessageSummary } from './apiClient.js';
import type { CommandContext } from './command.js';
import { readFilter, type DeadLetterOptions } from './deadLetterFilter.js';
import { ExitCode } from './exitCode.js';
import { formatTime } from './format.js';
import type { PageOptions } from './list.js';
import type { Display } from './output.js';
import { own } from '../lib/own.js';
import { REMEDIES } from '../domain/remedies.js';
import { table } from './table.js';

export interface DeadLettersOptions extends PageOptions, DeadLetterOptions {}

/** A delivery that needs a decision, with its remedy. */
type DeadLetter = MessageSummary['deadLetters'][number] & {
  deduplicationKey: string;
  remedy: string;
  /** What people call the destination. */
  name: string | undefined;
};

/** Lists the deliveries that need a decision, newest message first. */
export async function deadLetters(
  { limit, all, ...options }: DeadLettersOptions,
  { api, output }: CommandContext,
): Promise<ExitCode> {
  const { destination, reason } = readFilter(options, output);
  const { messages, more } = await api().deadLetters(
    { destination, reason },
    all ? Infinity : limit,
  );
  // The API finds messages; a message may have dead letters besides the one that was asked for.
  const asked = messages
    .flatMap(deadLettersOf)
    .filter(
      (deadLetter) =>
        (destination === undefined || deadLetter.destination === destination) &&
        (reason === undefined || deadLetter.reason === reason),
    );
  output.result({ deadLetters: asked, more }, (found, display) =>
    renderDeadLetters(found.deadLetters, display),
  );
  if (more) output.remark('There are more. Use --all or a larger --limit.');
  return ExitCode.done;
}

function deadLettersOf({ deduplicationKey, deadLetters, names }: MessageSummary): DeadLetter[] {
  return deadLetters.map((deadLetter) => ({
    deduplicationKey,
    ...deadLetter,
    name: names && own(names, deadLetter.destination),
    remedy: REMEDIES[deadLetter.reason],
  }));
}

function renderDeadLetters(found: DeadLetter[], display: Display): string {
  if (found.length === 0) return 'No dead letters.';
  const rows = found.map(({ deduplicationKey, destination, name, reason, at, remedy }) => [
    deduplicationKey,
    name === undefined ? destination : `${name} (${destination})`,
    display.style('red', reason),
    formatTime(at, display.now),
    remedy,
  ]);
  return table(['KEY', 'DESTINATION', 'REASON', 'SINCE', 'REMEDY'], rows, display.width);
}
