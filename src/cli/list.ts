/** `sendproof list` */
import type { MessageStatus } from '../domain/delivery.js';
import type { MessageSummary } from './apiClient.js';
import { columnTable, type Column } from './columns.js';
import type { CommandContext } from './command.js';
import { ExitCode } from './exitCode.js';
import { formatDestinations, formatStatus } from './format.js';
import type { Display } from './output.js';

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

const COLUMNS: readonly Column<MessageSummary>[] = [
  { name: 'key', cell: ({ deduplicationKey }) => deduplicationKey },
  { name: 'status', cell: ({ status }, display) => formatStatus(status, display) },
  { name: 'accepted', cell: ({ acceptedAt }, { clock }) => clock.time(acceptedAt) },
  { name: 'due', cell: ({ dueAt }, { clock }) => (dueAt === undefined ? '' : clock.time(dueAt)) },
  {
    name: 'ended',
    isFurther: true,
    cell: ({ closedAt }, { clock }) => (closedAt === undefined ? '' : clock.time(closedAt)),
  },
  { name: 'title', isFurther: true, cell: ({ title = '' }) => title },
  { name: 'source', isFurther: true, cell: ({ source = '' }) => source },
  { name: 'reference', isFurther: true, cell: ({ reference = '' }) => reference },
  { name: 'conversation', isFurther: true, cell: ({ conversation }) => conversation?.key ?? '' },
  {
    name: 'destinations',
    cell: ({ destinations, names }, display) => formatDestinations(destinations, names, display),
  },
  { name: 'trace', isFurther: true, cell: ({ traceId = '' }) => traceId },
];

function renderMessages(messages: MessageSummary[], display: Display): string {
  if (messages.length === 0) return 'No messages.';
  const unreadable = messages.flatMap(({ deduplicationKey, unreadable: why }) =>
    why === undefined ? [] : [`${deduplicationKey}: ${why}`],
  );
  return [columnTable(COLUMNS, messages, display), ...unreadable].join('\n');
}
