/** A message and its deliveries as text. */
import { deciderText } from '../domain/decider.js';
import type { KnownMessage, MessageState } from './apiClient.js';
import { columnTable, type Column } from './columns.js';
import { formatStatus } from './format.js';
import { formatDuration } from '../lib/formatDuration.js';
import { shellCommand } from '../lib/shellCommand.js';
import type { Display } from './output.js';
import { labelOf } from '../domain/destinationNames.js';
import { describeInConversation } from '../domain/inConversation.js';
import { describeShortening } from '../domain/shortening.js';
import { REMEDIES } from '../domain/remedies.js';

type Delivery = MessageState['deliveries'][number];
type Attempt = Delivery['attempts'][number];

export function renderMessage(state: KnownMessage, display: Display): string {
  const title = [titleOf(state, display), state.explanation];
  // Nothing else is known of it.
  if (state.status === 'queued') return title.join('\n');
  return [
    ...title,
    '',
    ...originOf(state, display).map((line) => `  ${line}`),
    ...state.deliveries.flatMap((delivery) => ['', ...renderDelivery(delivery, state, display)]),
    ...renderDecisions(state, display),
    ...(state.failure === undefined ? [] : ['', state.failure]),
  ].join('\n');
}

/** The status of a message and one line for each delivery; where it is not confirmed, why, and the remedy. */
export function renderOutcome(state: KnownMessage, display: Display): string {
  if (state.status === 'queued') return renderMessage(state, display);
  const { deliveries, explanation, failure, status } = state;
  const lines = deliveries.flatMap((delivery) => {
    const { destination, receipt, reason } = delivery;
    const more = receipt?.url ?? receipt?.messageId ?? reason ?? '';
    const label = labelOf(destination, { names: state.names, channel: receipt?.channel });
    return [
      `  ${label}  ${formatStatus(delivery.status, display)}  ${more}`.trimEnd(),
      ...renderRemedy(delivery, state).map((line) => INDENT + line),
    ];
  });
  return [
    titleOf(state, display),
    ...(status === 'confirmed' ? [] : [explanation]),
    ...lines,
    ...(failure === undefined ? [] : [failure]),
  ].join('\n');
}

/** One line for each change since the earlier state, like a log. */
export function renderChanges(
  before: KnownMessage | undefined,
  state: KnownMessage,
  display: Display,
): string {
  const at = display.style('dim', display.clock.present());
  if (state.status === 'queued') return `${at}  ${formatStatus(state.status, display)}`;
  const changes = state.deliveries.flatMap((delivery, index) => {
    const earlier = before?.deliveries[index];
    const attempts = delivery.attempts
      .slice(earlier?.attempts.length ?? 0)
      .map((attempt) => `attempt ${attempt.number}: ${describeAttempt(attempt)}`);
    const moved = delivery.status !== earlier?.status;
    const status = formatStatus(delivery.status, display);
    const last = moved ? [[status, delivery.receipt?.url ?? delivery.detail ?? ''].join('  ')] : [];
    const label = labelOf(delivery.destination, { names: state.names });
    return [...attempts, ...last].map((change) => `${label}  ${change}`.trimEnd());
  });
  return changes.map((change) => `${at}  ${change}`).join('\n');
}

function titleOf({ deduplicationKey, status }: KnownMessage, display: Display): string {
  return `${display.style('bold', deduplicationKey)}  ${formatStatus(status, display)}`;
}

function originOf(state: MessageState, { clock }: Display): string[] {
  const { acceptedAt, closedAt, conversation, sentBy, source, reference, traceId } = state;
  return [
    ['accepted', clock.time(acceptedAt)],
    ['closed', closedAt && clock.time(closedAt)],
    ['sent by', sentBy],
    ['source', source],
    ['reference', reference],
    ['conversation', conversation?.key],
    ['trace', traceId],
  ].flatMap(([name = '', value]) => (value ? [`${name.padEnd(9)} ${value}`] : []));
}

function renderDelivery(delivery: Delivery, state: MessageState, display: Display): string[] {
  const { destination, receipt, attempts, behind, nextAttemptAt, supersededBy } = delivery;
  const shown = receipt?.url ?? receipt?.messageId;
  const label = labelOf(destination, { names: state.names, channel: receipt?.channel });
  return [
    `${display.style('bold', label)}  ${formatStatus(delivery.status, display)}`,
    ...(shown === undefined ? [] : [`  posted    ${shown}`]),
    ...(receipt?.parts === undefined ? [] : [`  parts     ${receipt.parts}`]),
    ...(receipt?.shortened === undefined ? [] : [`  ${describeShortening(receipt.shortened)}`]),
    ...(receipt?.plainText === undefined ? [] : [`  as plain text: ${receipt.plainText}`]),
    ...(receipt?.conversation === undefined
      ? []
      : [`  ${describeInConversation(receipt.conversation)}`]),
    ...(behind === undefined ? [] : [`  waits for ${behind}, of the same conversation`]),
    ...(supersededBy === undefined ? [] : [`  superseded by ${supersededBy}`]),
    ...indent(attemptLog(attempts, display)),
    ...(nextAttemptAt === undefined
      ? []
      : [`  next      attempt at ${display.clock.time(nextAttemptAt)}`]),
    ...(delivery.status === 'confirmed' || delivery.detail === undefined
      ? []
      : [`  ${delivery.detail}`]),
    ...renderRemedy(delivery, state),
  ];
}

const ATTEMPT_COLUMNS: readonly Column<Attempt>[] = [
  { name: 'attempt', cell: ({ number }) => String(number) },
  {
    name: 'started',
    cell: ({ startedAt }, { clock }) =>
      startedAt === undefined ? 'unknown' : clock.time(startedAt),
  },
  { name: 'outcome', cell: describeAttempt },
];

function attemptLog(attempts: readonly Attempt[], display: Display): string {
  if (attempts.length === 0) return '';
  const width = display.width && display.width - INDENT.length;
  return columnTable(ATTEMPT_COLUMNS, attempts, { ...display, width });
}

/** As `transient, rate_limited (HTTP 429 ratelimited) after 120ms; the platform asked for 2s, next after 2.3s`. */
function describeAttempt(attempt: Attempt): string {
  const { outcome, reason, httpStatus, platformCode, durationMs, lookup } = attempt;
  const answer = [httpStatus && `HTTP ${httpStatus}`, platformCode].filter(Boolean).join(' ');
  const what = [
    attempt.part && `part ${attempt.part.number} of ${attempt.part.of}:`,
    attempt.as && `${attempt.as}:`,
    reason === undefined ? outcome : `${outcome}, ${reason}`,
    answer && `(${answer})`,
    durationMs === undefined ? '' : `after ${formatDuration(durationMs)}`,
  ];
  const { retryAfterMs, nextAttemptInMs } = attempt;
  const further = [
    lookup && LOOKUPS[lookup],
    retryAfterMs === undefined ? '' : `the platform asked for ${formatDuration(retryAfterMs)}`,
    nextAttemptInMs === undefined ? '' : `next after ${formatDuration(nextAttemptInMs)}`,
  ];
  return [joined(what, ' '), ...further].filter(Boolean).join('; ');
}

const LOOKUPS: Record<NonNullable<Attempt['lookup']>, string> = {
  found: 'the post of an earlier attempt was found',
  absent: 'searched for the post of an earlier attempt: none was found',
  refused: 'could not search for the post of an earlier attempt',
  repeated: 'sent again without a search, since the platform makes one post of repeated requests',
};

function renderRemedy({ destination, status, reason }: Delivery, state: MessageState): string[] {
  if (status !== 'dead_lettered' || reason === undefined) return [];
  const { deduplicationKey, deliveries } = state;
  const options = deliveries.length > 1 ? { destination } : {};
  const discardOptions = { ...options, reason: '…' };
  return [
    `  remedy    ${REMEDIES[reason]}`,
    `  then      ${shellCommand('sendproof retry', [deduplicationKey], options)}`,
    `  or        ${shellCommand('sendproof discard', [deduplicationKey], discardOptions)}`,
  ];
}

function renderDecisions({ names, operatorActions }: MessageState, { clock }: Display): string[] {
  if (operatorActions.length === 0) return [];
  const lines = operatorActions.map(({ action, at, by, claimedBy, reason, destination }) =>
    joined(
      [
        action,
        by && `by ${deciderText({ by, claimedBy })}`,
        `at ${clock.time(at)}`,
        destination && `for ${labelOf(destination, { names })}`,
      ],
      ' ',
    ).concat(reason ? `: ${reason}` : ''),
  );
  return ['', ...lines];
}

const INDENT = '  ';

function indent(text: string): string[] {
  return text === '' ? [] : text.split('\n').map((line) => INDENT + line);
}

function joined(parts: readonly (string | undefined)[], separator: string): string {
  return parts.filter(Boolean).join(separator);
}
