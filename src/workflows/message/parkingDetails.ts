/** What the Web UI shows of a parked message, in Markdown: why it is parked, and how to retry or discard it. */
import type { Attempt } from '../../domain/delivery.js';
import type { DeadLetter } from '../../domain/deadLetter.js';
import type { Destination } from '../../domain/destination.js';
import { commandInCode, inCode } from '../../lib/markdownCode.js';
import { shellCommand } from '../../lib/shellCommand.js';
import { REMEDIES } from '../../domain/remedies.js';
import type { Delivery } from './delivery.js';

export function parkingDetails(deduplicationKey: string, deliveries: Delivery[]): string {
  const parked = deliveries.flatMap(({ destination, stage, attempts }) =>
    stage.kind === 'dead_lettered'
      ? [deadLetterDetails(destination, stage.deadLetter, attempts)]
      : [],
  );
  if (parked.length === 0) return '';
  return [...parked, howToRetryOrDiscard(deduplicationKey)].join('\n\n');
}

function deadLetterDetails(
  destination: Destination,
  { reason, detail, at }: DeadLetter,
  attempts: readonly Attempt[],
): string {
  return [
    `### ${inCode(destination)} needs a decision`,
    [
      `- **Reason**: \`${reason}\`, since ${at}`,
      `- **What happened**: ${inCode(detail)}`,
      `- **Last answer**: ${lastAnswer(attempts.at(-1))}`,
      `- **What usually fixes it**: ${REMEDIES[reason]}`,
    ].join('\n'),
  ].join('\n\n');
}

/** As `HTTP 200, not_in_channel, at attempt 3`. */
function lastAnswer(attempt: Attempt | undefined): string {
  if (!attempt) return 'none';
  const { httpStatus, number, platformCode } = attempt;
  const answer = [
    ...(httpStatus === undefined ? [] : [`HTTP ${httpStatus}`]),
    ...(platformCode === undefined ? [] : [inCode(platformCode)]),
  ];
  return `${answer.length === 0 ? 'none' : answer.join(', ')}, at attempt ${number}`;
}

function howToRetryOrDiscard(deduplicationKey: string): string {
  const retry = shellCommand('sendproof retry', [deduplicationKey]);
  const discard = shellCommand('sendproof discard', [deduplicationKey], { reason: '…' });
  const signal = shellCommand('temporal workflow signal', [], {
    'workflow-id': deduplicationKey,
    name: 'retry',
  });
  return [
    '### Retry or discard',
    [
      '- here: _Send a Signal_, with the name `retry` or `discard` and the input `{"by":"…","reason":"…"}`',
      `- ${commandInCode(retry)}, or ${commandInCode(discard)}`,
      `- ${commandInCode(signal)}`,
      `- \`POST /v1/messages/${encodeURIComponent(deduplicationKey)}/retry\`, or \`…/discard\``,
    ].join('\n'),
  ].join('\n\n');
}
