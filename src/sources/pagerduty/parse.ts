import type { EventState } from '../../domain/event.js';
import type { Severity } from '../../domain/message.js';
import { event, firstWebAddress } from '../event.js';
import { facts, linked, paragraphs, plain } from '../facts.js';
import { at, listAt, textAt, type JsonObject } from '../json.js';
import { firstTen } from '../listing.js';
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
  ['incident.service_updated', { verb: 'moved to another service', state: 'updated' }],
  ['incident.incident_type.changed', { verb: 'has a new type', state: 'updated' }],
  ['incident.custom_field_values.updated', { verb: 'has new custom fields', state: 'updated' }],
  ['incident.conference_bridge.updated', { verb: 'has a conference bridge', state: 'updated' }],
  ['incident.annotated', { verb: 'has a new note', state: 'updated' }],
  ['incident.status_update_published', { verb: 'has a status update', state: 'updated' }],
  ['incident.responder.added', { verb: 'has a new responder', state: 'updated' }],
  ['incident.responder.replied', { verb: 'has a reply of a responder', state: 'updated' }],
  ['incident.workflow.started', { verb: 'has a workflow that started', state: 'updated' }],
  ['incident.workflow.completed', { verb: 'has a workflow that ended', state: 'updated' }],
  ['incident.role.assigned', { verb: 'has a change of roles', state: 'updated' }],
  ['incident.task.created', { verb: 'has a new task', state: 'updated' }],
  ['incident.task.updated', { verb: 'has a task that changed', state: 'updated' }],
  ['incident.task.completed', { verb: 'has a task that is done', state: 'updated' }],
  ['incident.action_invocation.created', { verb: 'has an action that started', state: 'updated' }],
  ['incident.action_invocation.updated', { verb: 'has an action that changed', state: 'updated' }],
  ['incident.action_invocation.terminated', { verb: 'has an action that ended', state: 'updated' }],
  ['service.created', { verb: 'created', state: 'other' }],
  ['service.updated', { verb: 'updated', state: 'other' }],
  ['service.deleted', { verb: 'deleted', state: 'other' }],
  ['service.custom_field_values.updated', { verb: 'has new custom fields', state: 'other' }],
]);

/** @throws Unusable where it has no `event.id` */
export function parsePagerDuty(payload: JsonObject): ParsedEvent {
  const type = textAt(payload, 'event', 'event_type') ?? 'unknown';
  const data = at(payload, 'event', 'data');
  const key = textAt(payload, 'event', 'id');
  if (key === undefined) throw new Unusable('The body has no event.id.');
  const isService = type.startsWith('service.') || textAt(data, 'type') === 'service';
  const { verb, state } = KINDS.get(type) ?? {
    verb: type.replace(/^(?:incident|service)\./, '').replaceAll(/[._]/g, ' '),
    state: isService ? 'other' : 'updated',
  };
  const subject = subjectOf(data, isService);
  const number = textAt(subject, 'number');
  const name = textAt(subject, 'title') ?? textAt(subject, 'summary');
  const kind = isService ? 'Service' : 'Incident';
  return event({
    key,
    reference: number,
    conversation: textAt(subject, 'id'),
    state,
    occurredAt: textAt(payload, 'event', 'occurred_at'),
    severity: severityOf(state, textAt(subject, 'urgency')),
    title: `${kind}${number === undefined ? '' : ` ${number}`} ${verb}${name === undefined ? '' : `: ${name}`}`,
    text: textOf({ agent: textAt(payload, 'event', 'agent', 'summary'), data, subject, type }),
    url: firstWebAddress(textAt(subject, 'html_url'), textAt(data, 'html_url')),
    labels: {
      event_type: type,
      service: isService ? name : textAt(subject, 'service', 'summary'),
      urgency: textAt(subject, 'urgency'),
      priority: textAt(subject, 'priority', 'summary'),
      status: textAt(subject, 'status'),
      escalation_policy: textAt(subject, 'escalation_policy', 'summary'),
      team: textAt(subject, 'teams', 0, 'summary'),
      incident_key: textAt(subject, 'incident_key'),
    },
    raw: payload,
  });
}

/** Notes, responders, tasks and the like are about an incident or a service, of which they have only a summary. */
function subjectOf(data: unknown, isService: boolean): unknown {
  if (isService) return at(data, 'service') ?? data;
  return at(data, 'incident') ?? at(data, 'incident_role_assignments', 0, 'incident') ?? data;
}

function severityOf(state: EventState, urgency: string | undefined): Severity {
  if (state === 'resolved') return 'ok';
  if (state === 'updated' || state === 'other') return 'info';
  return urgency === 'low' ? 'warning' : 'critical';
}

/** Some hundred people can be responders. */
const MOST_PEOPLE = 20;
const MOST_FIELDS = 20;

interface Related {
  type: string;
  data: unknown;
  /** The incident or the service. */
  subject: unknown;
  agent: string | undefined;
}

function textOf({ agent, data, subject, type }: Related): string {
  const said = textAt(data, 'content') ?? textAt(data, 'message') ?? textAt(data, 'description');
  return paragraphs(
    plain(said === undefined || at(data, 'trimmed') !== true ? said : `${said}…`),
    firstTen(listAt(data, 'incident_role_assignments').map((each) => () => roleLine(each))),
    facts({
      Service: summaryOf(at(subject, 'service')),
      Urgency: plain(textAt(subject, 'urgency')),
      Priority: plain(textAt(subject, 'priority', 'summary')),
      ...newsOf(type, subject),
      'Assigned to': listAt(subject, 'assignees')
        .slice(0, MOST_PEOPLE)
        .flatMap((each) => summaryOf(each) ?? [])
        .join(', '),
      Responder: summaryOf(at(data, 'user')),
      [at(data, 'user') === undefined ? 'State' : 'Reply']: plain(textAt(data, 'state')),
      Task: plain(textAt(data, 'name')),
      Action: summaryOf(at(data, 'action')),
      Workflow: summaryOf(at(data, 'incident_workflow')),
      ...customFields(data),
      'Conference bridge': bridgeOf(at(subject, 'conference_bridge') ?? data),
      Reason: plain(textAt(subject, 'resolve_reason', 'type')),
      By: plain(agent),
    }),
  );
}

/** What the event is about, where other events of an incident need not say it. */
function newsOf(type: string, subject: unknown): Record<string, string | undefined> {
  switch (type) {
    case 'incident.delegated':
      return { 'Escalation policy': summaryOf(at(subject, 'escalation_policy')) };
    case 'incident.incident_type.changed':
      return { Type: plain(textAt(subject, 'incident_type', 'name')) };
    case 'incident.priority_updated':
      return { Priority: plain(textAt(subject, 'priority', 'summary') ?? 'none') };
    default:
      return {};
  }
}

/** As `Incident commander: Ana Silva`. */
function roleLine(assignment: unknown): string {
  const role = summaryOf(at(assignment, 'role')) ?? 'A role';
  return `${role}: ${summaryOf(at(assignment, 'assignee')) ?? 'nobody'}`;
}

/** Those that changed, by their names. */
function customFields(data: unknown): Record<string, string | undefined> {
  const changed = listAt(data, 'changed_custom_fields');
  const fields = changed.length > 0 ? changed : listAt(data, 'custom_fields');
  return Object.fromEntries(
    fields.slice(0, MOST_FIELDS).map((field) => {
      const value = [at(field, 'value')]
        .flat()
        .filter((each) => ['string', 'number', 'boolean'].includes(typeof each))
        .join(', ');
      return [
        plain(textAt(field, 'display_name') ?? textAt(field, 'name')) ?? 'Field',
        value === '' ? 'none' : plain(value),
      ];
    }),
  );
}

function bridgeOf(bridge: unknown): string | undefined {
  const url = textAt(bridge, 'conference_url');
  return (
    linked(url, url) ??
    plain(textAt(bridge, 'conference_number') ?? textAt(bridge, 'conference_numbers', 0, 'number'))
  );
}

/** A reference of PagerDuty's: its summary, linked to its page. */
function summaryOf(reference: unknown): string | undefined {
  return linked(textAt(reference, 'summary'), textAt(reference, 'html_url'));
}
