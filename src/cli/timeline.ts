/** `sendproof timeline` */
import { describeStep } from '../explanation/step.js';
import type { TimelineEntry } from '../explanation/timeline.js';
import type { Timeline } from './apiClient.js';
import { columnTable, type Column } from './columns.js';
import type { CommandContext } from './command.js';
import { ExitCode } from './exitCode.js';
import { formatStatus } from './format.js';
import type { Display } from './output.js';

/** Shows every step of a message, with an explanation. */
export async function timeline(
  deduplicationKey: string,
  { api, output }: CommandContext,
): Promise<ExitCode> {
  const found = await api().timeline(deduplicationKey);
  output.result(found, renderTimeline);
  return found.known ? ExitCode.done : ExitCode.failed;
}

function renderTimeline(
  { deduplicationKey, entries, explanation, names, status }: Timeline,
  display: Display,
): string {
  const title = display.style('bold', deduplicationKey);
  const columns: Column<Timeline['entries'][number]>[] = [
    { name: 'time', cell: ({ at }, { clock }) => clock.time(at) },
    {
      name: 'step',
      cell: (entry, { clock }) =>
        describeStep(entry as TimelineEntry, names, (at) => clock.time(at)),
    },
  ];
  return [
    status === undefined ? title : `${title}  ${formatStatus(status, display)}`,
    explanation,
    ...(entries.length === 0 ? [] : ['', columnTable(columns, entries, display)]),
  ].join('\n');
}
