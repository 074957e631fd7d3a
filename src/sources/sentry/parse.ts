import type { EventState } from '../../domain/event.js';
import type { Severity } from '../../domain/message.js';
import { event, firstWebAddress, type EventParts } from '../event.js';
import { facts, paragraphs, plain } from '../facts.js';
import { fieldsOf, severityOf, titleIn } from '../fields.js';
import { at, listAt, textAt } from '../json.js';
import type { ParsedEvent } from '../source.js';
import type { Hook } from './hook.js';
import { keyOf } from './identity.js';

type Shown = Omit<EventParts, 'key' | 'raw'>;

export function parseSentry(hook: Hook): ParsedEvent {
  const { labels, ...shown } = shownOf(hook);
  return event({
    ...shown,
    // Its times can't be compared: those of errors come from other clocks, and a metric alert has one of its end that is before its start
    // where it was short (a window of the rule is subtracted).
    arrivesInOrder: true,
    labels: { resource: hook.resource, action: hook.action, ...labels },
    key: keyOf(hook),
    raw: hook.payload,
  });
}

function shownOf(hook: Hook): Shown {
  switch (hook.resource) {
    case 'issue':
      return issue(hook);
    case 'event_alert':
      return sentryEvent(hook, 'event');
    case 'error':
      return sentryEvent(hook, 'error');
    case 'metric_alert':
      return metricAlert(hook);
    case 'comment':
      return comment(hook);
    case 'installation':
      return {
        title: `The Sentry integration was ${hook.action}`,
        text: hook.action === 'deleted' ? 'Sentry sends nothing more to this source.' : '',
        severity: 'warning',
      };
    default:
      return other(hook);
  }
}

/** By `action` of an issue. */
const ISSUE_STATES = new Map<string, EventState>([
  ['created', 'triggered'],
  ['unresolved', 'triggered'],
  ['assigned', 'updated'],
  ['archived', 'acknowledged'],
  ['ignored', 'acknowledged'],
  ['resolved', 'resolved'],
]);

function issue({ action, data, payload }: Hook): Shown {
  const of = at(data, 'issue');
  const state = ISSUE_STATES.get(action) ?? 'updated';
  const name = textAt(of, 'shortId') ?? 'Issue';
  const project = textAt(of, 'project', 'slug') ?? textAt(of, 'project', 'name');
  return {
    reference: textAt(of, 'shortId'),
    conversation: conversationOf(textAt(of, 'id')),
    state,
    // An issue that is unresolved again has the time at which it was seen before.
    occurredAt: action === 'created' ? textAt(of, 'lastSeen') : undefined,
    severity: state === 'resolved' ? 'ok' : levelOf(textAt(of, 'level')),
    title: `${name} ${action}: ${textAt(of, 'title') ?? 'without a title'}`,
    text: facts({
      Project: plain(project),
      Culprit: plain(textAt(of, 'culprit')),
      Why: plain(textAt(of, 'substatus')?.replaceAll('_', ' ')),
      Events: plain(textAt(of, 'count')),
      Users: plain(textAt(of, 'userCount')),
      'Assigned to': plain(textAt(of, 'assignedTo', 'name')),
      By: byPerson(payload),
    }),
    url: firstWebAddress(textAt(of, 'web_url'), textAt(of, 'permalink')),
    labels: {
      project,
      level: textAt(of, 'level'),
      status: textAt(of, 'status'),
      substatus: textAt(of, 'substatus'),
      priority: textAt(of, 'priority'),
      category: textAt(of, 'issueCategory'),
      platform: textAt(of, 'platform'),
    },
  };
}

/** An error's event: of an alert rule, or each one. */
function sentryEvent({ data }: Hook, name: 'event' | 'error'): Shown {
  const of = at(data, name);
  const rule = textAt(data, 'triggered_rule') ?? textAt(data, 'issue_alert', 'title');
  const tags = tagsOf(of);
  return {
    conversation: conversationOf(textAt(of, 'issue_id')),
    state: 'triggered',
    occurredAt: textAt(of, 'datetime'),
    severity: levelOf(textAt(of, 'level')),
    title: `${rule === undefined ? '' : `${rule}: `}${textAt(of, 'title') ?? 'an error'}`,
    text: paragraphs(
      plain(textAt(of, 'message') ?? textAt(of, 'logentry', 'formatted')),
      facts({
        Where: plain(whereOf(of)),
        Culprit: plain(textAt(of, 'culprit')),
        Environment: plain(textAt(of, 'environment') ?? tags.environment),
        Release: plain(textAt(of, 'release') ?? tags.release),
        Request: plain(textAt(of, 'request', 'url')),
      }),
    ),
    url: textAt(of, 'web_url'),
    labels: {
      ...tags,
      rule,
      project: textAt(of, 'project_slug') ?? textAt(of, 'project_name') ?? textAt(of, 'project'),
      level: textAt(of, 'level'),
      platform: textAt(of, 'platform'),
    },
  };
}

/** The place in one's own code where it happened: Sentry lists the oldest call first. */
function whereOf(of: unknown): string | undefined {
  const frames = listAt(of, 'exception', 'values')
    .flatMap((each) => listAt(each, 'stacktrace', 'frames'))
    .reverse();
  const frame = frames.find((each) => at(each, 'in_app') === true) ?? frames[0];
  const file = textAt(frame, 'filename') ?? textAt(frame, 'module');
  if (file === undefined) return undefined;
  const line = textAt(frame, 'lineno');
  const called = textAt(frame, 'function');
  return `${file}${line === undefined ? '' : `:${line}`}${called === undefined ? '' : ` in ${called}`}`;
}

/** Pairs of a name and a value. */
function tagsOf(of: unknown): Readonly<Record<'environment' | 'release', string | undefined>> {
  const pairs = listAt(of, 'tags').flatMap((tag): [string, string][] => {
    const name = textAt(tag, 0) ?? textAt(tag, 'key');
    const value = textAt(tag, 1) ?? textAt(tag, 'value');
    return name === undefined || value === undefined ? [] : [[name, value]];
  });
  return { environment: undefined, release: undefined, ...Object.fromEntries(pairs) };
}

function metricAlert({ action, data }: Hook): Shown {
  const of = at(data, 'metric_alert');
  const rule = textAt(of, 'alert_rule', 'name');
  const isOver = action === 'resolved' || action === 'closed';
  return {
    reference: textAt(of, 'identifier'),
    conversation: textAt(of, 'id') && `metric-alert/${textAt(of, 'id')}`,
    state: isOver ? 'resolved' : 'triggered',
    occurredAt:
      (isOver ? textAt(of, 'date_closed') : undefined) ??
      (isOver ? undefined : (textAt(of, 'date_detected') ?? textAt(of, 'date_started'))),
    severity: isOver ? 'ok' : (severityOf(action) ?? 'error'),
    title: textAt(data, 'description_title') ?? `${action}: ${rule ?? 'a metric alert'}`,
    text: paragraphs(
      // Sentry writes the line break as two characters.
      plain(textAt(data, 'description_text')?.replaceAll('\\n', '\n')),
      facts({
        Query: plain(textAt(of, 'alert_rule', 'query')),
        Projects: plain(
          listAt(of, 'projects')
            .flatMap((each) => (typeof each === 'string' ? [each] : []))
            .slice(0, 20)
            .join(', '),
        ),
      }),
    ),
    url: textAt(data, 'web_url'),
    labels: {
      rule,
      project: textAt(of, 'projects', 0),
      environment: textAt(of, 'alert_rule', 'environment'),
    },
  };
}

function comment({ action, data, payload }: Hook): Shown {
  const project = textAt(data, 'project_slug');
  return {
    conversation: conversationOf(textAt(data, 'issue_id')),
    state: 'updated',
    // That of its creation, also where it is changed later.
    occurredAt: action === 'created' ? textAt(data, 'timestamp') : undefined,
    severity: 'info',
    title: `Comment ${action}${project === undefined ? '' : ` in ${project}`}`,
    text: paragraphs(plain(textAt(data, 'comment')), facts({ By: byPerson(payload) })),
    labels: { project },
  };
}

/** What Sentry may add to its resources. */
function other({ action, data, resource }: Hook): Shown {
  const { issue: of, ...said } = data;
  return {
    conversation: conversationOf(textAt(of, 'id')),
    state: 'other',
    severity: 'info',
    title: `Sentry: ${resource.replaceAll('_', ' ')} ${action}${titled(titleIn(of) ?? titleIn(data))}`,
    text: fieldsOf(said),
    url: firstWebAddress(textAt(of, 'web_url'), textAt(data, 'web_url')),
  };
}

function titled(text: string | undefined): string {
  return text === undefined ? '' : `: ${text}`;
}

function conversationOf(issueId: string | undefined): string | undefined {
  return issueId && `issue/${issueId}`;
}

/** Sentry's own actions have no person. */
function byPerson(payload: unknown): string | undefined {
  if (textAt(payload, 'actor', 'type') !== 'user') return undefined;
  return plain(textAt(payload, 'actor', 'name'));
}

function levelOf(level: string | undefined): Severity {
  return severityOf(level) ?? 'error';
}
