/** `sendproof sources list` */
import type { SourceList } from './apiClient.js';
import type { CommandContext } from './command.js';
import { ExitCode } from './exitCode.js';
import { formatDistance } from './format.js';
import type { Display } from './output.js';
import { table } from './table.js';

/** Lists the sources of the running API, with the last request of each, its answer and why. */
export async function sourcesList(
  _options: object,
  { api, output }: CommandContext,
): Promise<ExitCode> {
  output.result(await api().sources(), sourcesTable);
  return ExitCode.done;
}

export function sourcesTable({ sources }: SourceList, display: Display): string {
  if (sources.length === 0) return 'The configuration has no source that receives requests.';
  const rows = sources.map(({ messages, name, requests: [last], type }) => [
    name,
    type,
    last ? formatDistance(last.at, display.now) : '',
    last ? [last.status, last.outcome].filter((each) => each !== undefined).join(' ') : '',
    last?.reason ?? '',
    messages[0]?.deduplicationKey ?? '',
  ]);
  const headings = ['SOURCE', 'TYPE', 'LAST REQUEST', 'ANSWER', 'REASON', 'NEWEST MESSAGE'];
  return table(headings, rows, display.width);
}
