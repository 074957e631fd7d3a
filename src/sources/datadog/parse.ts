import type { EventState } from '../../domain/event.js';
import type { Severity } from '../../domain/message.js';
import { event } from '../event.js';
import { facts, linksLine, paragraphs, plain } from '../facts.js';
import { severityOf } from '../fields.js';
import { formOf } from '../form.js';
import { parseJsonObject, textAt, type JsonObject } from '../json.js';
import { Unusable, type ParsedEvent, type SourceRequest } from '../source.js';
import type { Field } from './payload.js';

/** JSON, or the form that a webhook can be set to. */
export function readPayload(request: SourceRequest): JsonObject {
  const form = formOf(request);
  return form ? Object.fromEntries(form) : parseJsonObject(request.body);
}

/** The value of a variable; undefined where Datadog had none for it, and left its name. */
function valueOf(payload: JsonObject, field: Field): string | undefined {
  const text = textAt(payload, field)?.trim();
  return text === undefined || /^(?:\$[A-Z_]+|null|None)$/.test(text) ? undefined : text;
}

/** @throws Unusable where nothing tells the event from others */
export function keyOf(payload: JsonObject): string {
  const id = valueOf(payload, 'id');
  const transition = transitionOf(payload);
  if (id !== undefined) return transition === undefined ? id : `${id}/${transition}`;
  const cycle = cycleOf(payload);
  const updated = valueOf(payload, 'last_updated') ?? valueOf(payload, 'date');
  if (cycle !== undefined && updated !== undefined) {
    return [cycle, transition ?? '', updated].join('/');
  }
  throw new Unusable(
    'The body has no id. Set the payload of the webhook to the one in docs/how-to/connect/sources.md.',
  );
}

function cycleOf(payload: JsonObject): string | undefined {
  return (
    valueOf(payload, 'alert_cycle_key') ??
    valueOf(payload, 'aggreg_key') ??
    valueOf(payload, 'alert_id')
  );
}

/** As `Triggered`; from the title where the payload is not the documented one: `[P1] [Triggered on {host:db-3}] Disk`. */
function transitionOf(payload: JsonObject): string | undefined {
  const given = valueOf(payload, 'alert_transition');
  if (given !== undefined) return given;
  const title = valueOf(payload, 'event_title') ?? textAt(payload, 'title') ?? '';
  return /\[((?:re-?)?(?:triggered|recovered|warn|no data|renotify|alert|ok))\b/i.exec(title)?.[1];
}

interface Transition {
  state: EventState;
  severity: Severity;
  isReminder?: boolean;
}

/** By what is left of a transition without `Re-`. */
const TRANSITIONS = new Map<string, Transition>([
  ['triggered', { state: 'triggered', severity: 'error' }],
  ['alert', { state: 'triggered', severity: 'error' }],
  ['warn', { state: 'triggered', severity: 'warning' }],
  ['no data', { state: 'triggered', severity: 'warning' }],
  ['notify', { state: 'updated', severity: 'error' }],
  ['recovered', { state: 'resolved', severity: 'ok' }],
  ['ok', { state: 'resolved', severity: 'ok' }],
]);

function readTransition(text: string | undefined): Transition {
  const word = text?.toLowerCase() ?? '';
  const known = TRANSITIONS.get(word);
  if (known) return known;
  const again = TRANSITIONS.get(word.replace(/^re-?/, ''));
  return again
    ? { ...again, state: 'updated', isReminder: true }
    : { state: 'other', severity: 'info' };
}

/** The priority of the monitor, P1 to P5, says how bad it is that it was triggered. */
function severityIn(payload: JsonObject, { severity, state }: Transition): Severity {
  if (severity !== 'error') {
    const type = state === 'other' ? severityOf(valueOf(payload, 'alert_type')) : undefined;
    return type ?? severity;
  }
  switch (valueOf(payload, 'alert_priority')?.toUpperCase()) {
    case 'P1':
      return 'critical';
    case 'P3':
      return 'warning';
    case 'P4':
    case 'P5':
      return 'info';
    default:
      return severity;
  }
}

export function parseDatadog(payload: JsonObject): ParsedEvent {
  const value = (field: Field) => valueOf(payload, field);
  const word = transitionOf(payload);
  const transition = readTransition(word);
  const name =
    value('alert_title') ??
    value('event_title') ??
    textAt(payload, 'title') ??
    'an event of Datadog';
  // The title of the event begins with the transition in brackets.
  const title = word === undefined || name.startsWith('[') ? name : `${word}: ${name}`;
  const tags = tagsOf(value('tags'));
  return event({
    key: keyOf(payload),
    reference: value('alert_id'),
    conversation: cycleOf(payload),
    state: transition.state,
    occurredAt: timeOf(value('last_updated')) ?? timeOf(value('date')),
    severity: severityIn(payload, transition),
    title,
    text: paragraphs(
      textOf(value('text') ?? textAt(payload, 'body')),
      facts({
        Status: plain(value('alert_status')),
        Scope: plain(value('alert_scope')),
        Host: plain(value('hostname')),
        Priority: plain(value('alert_priority')),
        Query: plain(value('alert_query')),
      }),
      linksLine([
        ['Datadog', value('link')],
        ['Graph', value('snapshot')],
      ]),
    ),
    url: value('link'),
    labels: {
      transition: word,
      priority: value('alert_priority'),
      monitor: value('alert_id'),
      metric: value('alert_metric'),
      host: value('hostname'),
      org: value('org_name') ?? textAt(payload, 'org', 'name'),
      event_type: value('event_type'),
      ...tags,
    },
    isReminder: transition.isReminder,
    raw: payload,
  });
}

/** `$EVENT_MSG` has Markdown between two lines of `%%%`, all other text is plain. */
function textOf(text: string | undefined): string | undefined {
  const markdown = /^\s*%%%\s*\n([\s\S]*?)(?:\n\s*%%%\s*)?$/.exec(text ?? '')?.[1];
  return markdown ?? plain(text);
}

/** Of `env:prod,service:shop,urgent`: the last is a label with the value `true`. */
function tagsOf(text = ''): Record<string, string> {
  return Object.fromEntries(
    text
      .split(',')
      .map((tag) => tag.trim())
      .filter((tag) => tag !== '')
      .map((tag) => {
        const colon = tag.indexOf(':');
        return colon < 1 ? [tag, 'true'] : [tag.slice(0, colon), tag.slice(colon + 1)];
      }),
  );
}

/** Datadog gives times as milliseconds since 1970, as text. */
function timeOf(text: string | undefined): number | string | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : text;
}
