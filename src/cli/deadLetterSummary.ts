/** `sendproof dead-letters summary` */
import { REMEDIES } from '../domain/remedies.js';
import type { DeadLetterSummary } from './apiClient.js';
import { columnTable, type Column } from './columns.js';
import type { CommandContext } from './command.js';
import { readFilter, type DeadLetterOptions } from './deadLetterFilter.js';
import { ExitCode } from './exitCode.js';
import { formatDestination } from './format.js';
import type { Display } from './output.js';

/** Counts dead letters by destination and reason. */
export async function deadLetterSummary(
  options: DeadLetterOptions,
  { api, output }: CommandContext,
): Promise<ExitCode> {
  const { destination, reason } = readFilter(options, output);
  output.result(await api().deadLetterSummary({ destination, reason }), summaryTable);
  return ExitCode.done;
}

type Counted = DeadLetterSummary['destinations'][number]['reasons'][number] & {
  destination: string;
  names: DeadLetterSummary['names'];
};

const COLUMNS: readonly Column<Counted>[] = [
  {
    name: 'destination',
    cell: ({ destination, names }, display) => formatDestination(destination, names, display),
  },
  { name: 'reason', cell: ({ reason }, { style }) => style('red', reason) },
  { name: 'count', cell: ({ count }) => String(count) },
  { name: 'oldest', cell: ({ oldest }, { clock }) => clock.time(oldest) },
  { name: 'newest', cell: ({ newest }, { clock }) => clock.time(newest) },
  { name: 'remedy', cell: ({ reason }) => REMEDIES[reason] },
];

export function summaryTable(
  { deadLetters, destinations, names }: DeadLetterSummary,
  display: Display,
): string {
  if (deadLetters === 0) return 'No dead letters.';
  const rows = destinations.flatMap(({ destination, reasons }) =>
    reasons.map((each) => ({ ...each, destination, names })),
  );
  return `${columnTable(COLUMNS, rows, display)}\n${deadLetters} in all.`;
}
