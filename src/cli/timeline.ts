/** `sendproof timeline` */
import { describeStep } from '../explanation/step.js';
import type { TimelineEntry } from '../explanation/timeline.js';
import type { Timeline } from './apiClient.js';
import type { CommandContext } from './command.js';
import { ExitCode } from './exitCode.js';
import { formatStatus } from './format.js';
import type { Display } from './output.js';
import { table } from './table.js';

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
  const rows = entries.map((entry) => [entry.at, describeStep(entry as TimelineEntry, names)]);
  return [
    status === undefined ? title : `${title}  ${formatStatus(status, display)}`,
    explanation,
    ...(rows.length === 0 ? [] : ['', table(['AT', 'STEP'], rows, display.width)]),
  ].join('\n');
}
