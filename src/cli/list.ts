/** `sendproof list` */
import { labelOf } from '../domain/destinationNames.js';
import type { MessageStatus } from '../domain/delivery.js';
import type { MessageSummary } from './apiClient.js';
import type { CommandContext } from './command.js';
import { ExitCode } from './exitCode.js';
import { formatDistance, formatStatus, toTheSecond } from './format.js';
import type { Display } from './output.js';
import { table } from './table.js';

export interface PageOptions {
  limit: number;
  all?: true;
}

export interface ListOptions extends PageOptions {
  source?: string;
  reference?: string;
  traceId?: string;
  conversation?: string;
  destination?: string;
  status?: MessageStatus;
  since?: Date;
  until?: Date;
}

/** Lists messages, newest first. */
export async function list(
  words: readonly string[],
  { limit, all, since, until, ...filter }: ListOptions,
  { api, output }: CommandContext,
): Promise<ExitCode> {
  const query = {
    source: filter.source,
    reference: filter.reference,
    traceId: filter.traceId,
    conversation: filter.conversation,
    destination: filter.destination,
    status: filter.status,
    since: since?.toISOString(),
    until: until?.toISOString(),
    q: words.length === 0 ? undefined : words.join(' '),
  };
  const found = await api().messages(query, all ? Infinity : limit);
  output.result(found, ({ messages }, display) => renderMessages(messages, display));
  if (found.more) output.remark('There are more. Use --all or a larger --limit.');
  return ExitCode.done;
}

function renderMessages(messages: MessageSummary[], display: Display): string {
  if (messages.length === 0) return 'No messages.';
  const rows = messages.map((message) => [
    message.deduplicationKey,
    formatStatus(message.status, display),
    `${toTheSecond(message.acceptedAt)} (${formatDistance(message.acceptedAt, display.now)})`,
    message.source ?? '',
    message.reference ?? '',
    message.destinations.map((each) => labelOf(each, message)).join(', '),
  ]);
  const unreadable = messages.flatMap(({ deduplicationKey, unreadable: why }) =>
    why === undefined ? [] : [`${deduplicationKey}: ${why}`],
  );
  const headings = ['KEY', 'STATUS', 'ACCEPTED', 'SOURCE', 'REFERENCE', 'DESTINATIONS'];
  return [table(headings, rows, display.width), ...unreadable].join('\n');
}
