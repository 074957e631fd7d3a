/** The events of a window as one event, which templates show like any other. */
import type { SourceEvent } from '../domain/event.js';
import type { EventWindow, GroupMember } from '../domain/eventGroup.js';
import { contentSchema } from '../domain/message.js';
import { plainAsMarkdown } from '../lib/plainAsMarkdown.js';

/** The worst first. */
const SEVERITIES = contentSchema.shape.severity.unwrap().options;

export function groupedEvent(window: EventWindow): SourceEvent {
  const { bySeverity, count, first, messageKey, openedAt, plan } = window;
  const known = SEVERITIES.filter((severity) => (bySeverity[severity] ?? 0) > 0);
  const counts = known.map((severity) => `${bySeverity[severity] ?? 0} ${severity}`);
  const more = count - first.length;
  const lines = [
    ...first.map(listItem),
    ...(more > 0 ? [`- and ${more.toLocaleString('en')} more`] : []),
  ];
  const severity = known[0];
  return {
    key: messageKey,
    source: groupSource(window),
    state: 'other',
    occurredAt: openedAt,
    ...(severity && { severity }),
    title: `${count.toLocaleString('en')} ${count === 1 ? 'event' : 'events'}: ${plan.route}`,
    text: [counts.join(', '), lines.join('\n')].filter((part) => part !== '').join('\n\n'),
    labels: { route: plan.route, count: String(count) },
  };
}

/** The source of all its events; of several sources, the first. */
export function groupSource({ first }: EventWindow): string {
  return first[0]?.source ?? 'sendproof';
}

function listItem({ severity, title, url }: GroupMember): string {
  const shown = plainAsMarkdown(title.replace(/\s+/g, ' ').trim());
  const linked =
    url === undefined ? shown : `[${shown}](<${url.replace(/[<>\s]/g, encodeURIComponent)}>)`;
  return `- ${severity === undefined ? '' : `${severity}: `}${linked}`;
}
