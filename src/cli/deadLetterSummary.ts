/** `sendproof dead-letters summary` */
import { labelOf } from '../domain/destinationNames.js';
import { REMEDIES } from '../domain/remedies.js';
import type { DeadLetterSummary } from './apiClient.js';
import type { CommandContext } from './command.js';
import { readFilter, type DeadLetterOptions } from './deadLetterFilter.js';
import { ExitCode } from './exitCode.js';
import { formatDistance } from './format.js';
import type { Display } from './output.js';
import { table } from './table.js';

/** Counts dead letters by destination and reason. */
export async function deadLetterSummary(
  options: DeadLetterOptions,
  { api, output }: CommandContext,
): Promise<ExitCode> {
  const { destination, reason } = readFilter(options, output);
  output.result(await api().deadLetterSummary({ destination, reason }), summaryTable);
  return ExitCode.done;
}

export function summaryTable(
  { deadLetters, destinations, names }: DeadLetterSummary,
  display: Display,
): string {
  if (deadLetters === 0) return 'No dead letters.';
  const rows = destinations.flatMap(({ destination, reasons }) =>
    reasons.map(({ reason, count, oldest, newest }) => [
      labelOf(destination, { names }),
      display.style('red', reason),
      String(count),
      formatDistance(oldest, display.now),
      formatDistance(newest, display.now),
      REMEDIES[reason],
    ]),
  );
  const headings = ['DESTINATION', 'REASON', 'COUNT', 'OLDEST', 'NEWEST', 'REMEDY'];
  return `${table(headings, rows, display.width)}\n${deadLetters} in all.`;
}
