/** The texts that Temporal's Web UI shows beside a message's history: its source and destinations, never its content. */
import { commandInCode, inCode } from '../lib/markdownCode.js';
import { shellCommand } from '../lib/shellCommand.js';
import type { DeliverMessageInput } from '../contract/deliverMessage.js';

/** Temporal's limits on such texts, as JSON: `limit.userMetadataSummarySize` and `limit.userMetadataDetailsSize`. */
const SUMMARY_BYTES = 400;
const DETAILS_BYTES = 20_000;

/** One line, for lists: `slack:default/C0123ABC ← pagerduty 55`. */
export function messageSummary({ correlation, deliveries }: DeliverMessageInput): string {
  const [first, ...others] = deliveries.filter(({ fallbackFor }) => fallbackFor === undefined);
  const to = [first?.destination, ...(others.length > 0 ? [`and ${others.length} more`] : [])];
  const from = [correlation?.source, correlation?.reference].filter((part) => part !== undefined);
  return truncate([...to, ...(from.length > 0 ? ['←', ...from] : [])].join(' '), SUMMARY_BYTES);
}

/** A list in Markdown. */
export function messageDetails(deduplicationKey: string, input: DeliverMessageInput): string {
  const { correlation, deliverAt, deliveries, expiresAt, priority, traceId } = input;
  const items: [string, string | undefined][] = [
    ['From', correlation?.source],
    ['Reference', correlation?.reference],
    ['Link', correlation?.url],
    ...deliveries.map((delivery): [string, string] => [
      delivery.fallbackFor === undefined ? 'To' : 'Fallback',
      delivery.destination,
    ]),
    ['Priority', String(priority)],
    ['Not before', deliverAt],
    ['Expires', expiresAt],
    ['Trace', traceId],
  ];
  const lines = items.flatMap(([name, value]) =>
    value === undefined ? [] : [`- **${name}**: ${inCode(value)}`],
  );
  const timeline = shellCommand('sendproof timeline', [deduplicationKey]);
  lines.push(`- **Timeline**: ${commandInCode(timeline)}`);
  return truncate(lines.join('\n'), DETAILS_BYTES);
}

/** Truncates a text so that it takes at most so many bytes as JSON. */
function truncate(text: string, maximum: number): string {
  let bytes = Buffer.byteLength('"…"');
  let kept = '';
  for (const character of text) {
    bytes += Buffer.byteLength(JSON.stringify(character)) - '""'.length;
    if (bytes > maximum) return `${kept}…`;
    kept += character;
  }
  return kept;
}
