import type { EventState } from '../../domain/event.js';
import type { Severity } from '../../domain/message.js';
import { plainAsMarkdown } from '../../lib/plainAsMarkdown.js';
import { event } from '../event.js';
import { at, listAt, textAt, type JsonObject } from '../json.js';
import { Unusable, type ParsedEvent } from '../source.js';

interface Kind {
  /** What happened to the incident, for the title. */
  verb: string;
  state: EventState;
}

/** By `event_type`: https://developer.pagerduty.com/docs/webhooks-overview#event-types */
const KINDS = new Map<string, Kind>([
  ['incident.triggered', { verb: 'triggered', state: 'triggered' }],
  ['incident.acknowledged', { verb: 'acknowledged', state: 'acknowledged' }],
  ['incident.unacknowledged', { verb: 'no longer acknowledged', state: 'triggered' }],
  ['incident.resolved', { verb: 'resolved', state: 'resolved' }],
  ['incident.reopened', { verb: 'reopened', state: 'triggered' }],
  ['incident.escalated', { verb: 'escalated', state: 'updated' }],
  ['incident.delegated', { verb: 'reassigned to another escalation policy', state: 'updated' }],
  ['incident.reassigned', { verb: 'reassigned', state: 'updated' }],
  ['incident.priority_updated', { verb: 'has a new priority', state: 'updated' }],
  ['incident.annotated', { verb: 'has a new note', state: 'updated' }],
  ['incident.status_update_published', { verb: 'has a status update', state: 'updated' }],
  ['incident.responder.added', { verb: 'has a new responder', state: 'updated' }],
  ['incident.responder.replied', { verb: 'has a reply of a responder', state: 'updated' }],
]);

/** @param payload with an `event.id` */
export function parsePagerDuty(payload: JsonObject): ParsedEvent {
  const type = textAt(payload, 'event', 'event_type') ?? 'unknown';
  const data = at(payload, 'event', 'data');
  const key = textAt(payload, 'event', 'id');
  if (key === undefined) throw new Unusable('The body has no event.id.');
  const { verb, state } = KINDS.get(type) ?? {
    verb: type.replace(/^incident\./, '').replaceAll(/[._]/g, ' '),
    state: 'updated',
  };
  // Notes, responders and status updates are about an incident, of which they have only a summary.
  const incident = textAt(data, 'type') === 'incident' ? data : at(data, 'incident');
  const number = textAt(incident, 'number');
  const name = textAt(incident, 'title') ?? textAt(incident, 'summary');
  const subject = number === undefined ? 'Incident' : `Incident ${number}`;
  return event({
    key,
    reference: number,
    conversation: textAt(incident, 'id'),
    state,
    occurredAt: textAt(payload, 'event', 'occurred_at'),
    severity: severityOf(state, textAt(incident, 'urgency')),
    title: `${subject} ${verb}${name === undefined ? '' : `: ${name}`}`,
    text: textOf(data, incident, textAt(payload, 'event', 'agent', 'summary')),
    url: textAt(incident, 'html_url') ?? textAt(data, 'html_url'),
    labels: {
      event_type: type,
      service: textAt(incident, 'service', 'summary'),
      urgency: textAt(incident, 'urgency'),
      priority: textAt(incident, 'priority', 'summary'),
      status: textAt(incident, 'status'),
      escalation_policy: textAt(incident, 'escalation_policy', 'summary'),
      team: textAt(incident, 'teams', 0, 'summary'),
      incident_key: textAt(incident, 'incident_key'),
    },
    raw: payload,
  });
}

function severityOf(state: EventState, urgency: string | undefined): Severity {
  if (state === 'resolved') return 'ok';
  if (state === 'updated') return 'info';
  return urgency === 'low' ? 'warning' : 'critical';
}

function textOf(data: unknown, incident: unknown, agent: string | undefined): string {
  const said = textAt(data, 'content') ?? textAt(data, 'message');
  const facts: [string, string | undefined][] = [
    ['Service', linked(at(incident, 'service'))],
    ['Urgency', plain(textAt(incident, 'urgency'))],
    ['Priority', plain(textAt(incident, 'priority', 'summary'))],
    [
      'Assigned to',
      listAt(incident, 'assignees')
        .flatMap((each) => linked(each) ?? [])
        .join(', '),
    ],
    ['Reason', plain(textAt(incident, 'resolve_reason', 'type'))],
    ['By', plain(agent)],
  ];
  const lines = facts.flatMap(([name, value]) => (value ? [`**${name}:** ${value}`] : []));
  return [...(said === undefined ? [] : [plainAsMarkdown(said)]), lines.join('\n')]
    .filter((part) => part !== '')
    .join('\n\n');
}

function plain(text: string | undefined): string | undefined {
  return text === undefined ? undefined : plainAsMarkdown(text);
}

/** A reference of PagerDuty's: its summary, linked to its page. */
function linked(reference: unknown): string | undefined {
  const summary = plain(textAt(reference, 'summary'));
  const url = textAt(reference, 'html_url');
  if (summary === undefined || url === undefined || !/^https:\/\/[^\s<>]+$/.test(url))
    return summary;
  return `[${summary}](<${url}>)`;
}
