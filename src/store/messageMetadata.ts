/** The texts that Temporal's Web UI shows beside a message's history: its source and destinations, never its content. */
import { commandInCode, inCode } from '../lib/markdownCode.js';
import { shellCommand } from '../lib/shellCommand.js';
import { details, summary } from '../contract/userMetadata.js';
import type { DeliverMessageInput } from '../contract/deliverMessage.js';

/** So that the source has room beside a long destination. */
const DESTINATION_BYTES = 200;

/** One line, for lists: `slack:default/C0123ABC ← pagerduty 55`. */
export function messageSummary({ correlation, deliveries, unposted }: DeliverMessageInput): string {
  const primary = deliveries.filter(({ fallbackFor }) => fallbackFor === undefined);
  const [first, ...others] = unposted?.destinations ?? primary.map((each) => each.destination);
  const destination = summary(unposted ? `${unposted.kind}: ` : '', first ?? '', DESTINATION_BYTES);
  const to = others.length > 0 ? `${destination} and ${others.length} more` : destination;
  const from = [correlation?.source, correlation?.reference].filter((part) => part !== undefined);
  return from.length === 0 ? to : summary(`${to} ← `, from.join(' '));
}

/** A list in Markdown. */
export function messageDetails(deduplicationKey: string, input: DeliverMessageInput): string {
  const { correlation, deliverAt, deliveries, expiresAt, priority, traceId, unposted } = input;
  const items: [string, string | undefined][] = [
    ['From', correlation?.source],
    ['Reference', correlation?.reference],
    ['Link', correlation?.url],
    ...deliveries.map((delivery): [string, string] => [
      delivery.fallbackFor === undefined ? 'To' : 'Fallback',
      delivery.destination,
    ]),
    ['Not posted', unposted && `${unposted.kind} by the route ${unposted.route}`],
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
  return details(lines);
}
