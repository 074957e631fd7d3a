/** `sendproof dead-letters` */
import { own } from '../lib/own.js';
import { REMEDIES } from '../domain/remedies.js';
import type { MessageSummary } from './apiClient.js';
import { columnTable, type Column } from './columns.js';
import type { CommandContext } from './command.js';
import { readFilter, type DeadLetterOptions } from './deadLetterFilter.js';
import { ExitCode } from './exitCode.js';
import { formatDestination, formatDestinations } from './format.js';
import type { PageOptions } from './list.js';
import { printable, type Display } from './output.js';

export interface DeadLettersOptions extends PageOptions, DeadLetterOptions {}

/** A delivery that needs a decision. */
interface DeadLetter {
  message: MessageSummary;
  letter: MessageSummary['deadLetters'][number];
}

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
    .flatMap((message) => message.deadLetters.map((letter) => ({ message, letter })))
    .filter(
      ({ letter }) =>
        (destination === undefined || letter.destination === destination) &&
        (reason === undefined || letter.reason === reason),
    );
  output.result({ deadLetters: asked.map(entryOf), more }, (_entries, display) =>
    renderDeadLetters(printable(asked), display),
  );
  if (more) output.remark('There are more. Use --all or a larger --limit.');
  return ExitCode.done;
}

/** A dead letter in JSON: with its remedy, and with what people call the destination. */
function entryOf({ letter, message: { deduplicationKey, names } }: DeadLetter) {
  return {
    deduplicationKey,
    ...letter,
    name: names && own(names, letter.destination),
    remedy: REMEDIES[letter.reason],
  };
}

const COLUMNS: readonly Column<DeadLetter>[] = [
  { name: 'key', cell: ({ message }) => message.deduplicationKey },
  {
    name: 'destination',
    cell: ({ letter, message }, display) =>
      formatDestination(letter.destination, message.names, display),
  },
  { name: 'reason', cell: ({ letter }, { style }) => style('red', letter.reason) },
  { name: 'since', cell: ({ letter }, { clock }) => clock.time(letter.at) },
  { name: 'source', isFurther: true, cell: ({ message }) => message.source ?? '' },
  { name: 'reference', isFurther: true, cell: ({ message }) => message.reference ?? '' },
  {
    name: 'destinations',
    isFurther: true,
    cell: ({ message }, display) =>
      formatDestinations(message.destinations, message.names, display),
  },
  { name: 'detail', isFurther: true, cell: ({ letter }) => letter.detail },
  { name: 'remedy', cell: ({ letter }) => REMEDIES[letter.reason] },
];

function renderDeadLetters(found: readonly DeadLetter[], display: Display): string {
  if (found.length === 0) return 'No dead letters.';
  return columnTable(COLUMNS, found, display);
}
