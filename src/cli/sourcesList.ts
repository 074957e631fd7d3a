/** `sendproof sources list` */
import type { SourceList } from './apiClient.js';
import { columnTable, type Column } from './columns.js';
import type { CommandContext } from './command.js';
import { ExitCode } from './exitCode.js';
import { formatDestinations } from './format.js';
import type { Display } from './output.js';

/** Lists the sources of the running API, with the last request of each, its answer and why. */
export async function sourcesList(
  _options: object,
  { api, output }: CommandContext,
): Promise<ExitCode> {
  output.result(await api().sources(), sourcesTable);
  return ExitCode.done;
}

const COLUMNS: readonly Column<SourceList['sources'][number]>[] = [
  { name: 'source', cell: ({ name }) => name },
  { name: 'type', cell: ({ type }) => type },
  { name: 'address', isFurther: true, cell: ({ url }) => url },
  {
    name: 'lastRequest',
    cell: ({ requests: [last] }, { clock }) => (last ? clock.time(last.at) : ''),
  },
  {
    name: 'answer',
    cell: ({ requests: [last] }) =>
      [last?.status, last?.outcome].filter((each) => each !== undefined).join(' '),
  },
  { name: 'reason', cell: ({ requests: [last] }) => last?.reason ?? '' },
  { name: 'newestMessage', cell: ({ messages: [newest] }) => newest?.deduplicationKey ?? '' },
  { name: 'reference', isFurther: true, cell: ({ messages: [newest] }) => newest?.reference ?? '' },
  {
    name: 'destinations',
    isFurther: true,
    cell: ({ messages: [newest] }, display) =>
      newest ? formatDestinations(newest.destinations, newest.names, display) : '',
  },
];

function sourcesTable({ sources }: SourceList, display: Display): string {
  if (sources.length === 0) return 'The configuration has no source that receives requests.';
  return columnTable(COLUMNS, sources, display);
}
