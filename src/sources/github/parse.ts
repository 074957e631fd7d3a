import type { EventState } from '../../domain/event.js';
import type { Severity } from '../../domain/message.js';
import { shortenMarkdown } from '../../destinations/document/openCode.js';
import { event, firstWebAddress } from '../event.js';
import { facts, linked, paragraphs, plain } from '../facts.js';
import { at, listAt, textAt, type JsonObject } from '../json.js';
import type { ParsedEvent } from '../source.js';
import { checksOf } from './checks.js';
import { otherKind } from './otherKinds.js';
import { pushOf } from './push.js';
import { words, type Subject } from './subject.js';

/** Longer ones are read on GitHub. */
const LONGEST_BODY = 1_500;

export function parseGitHub({
  delivery,
  kind,
  payload,
}: {
  kind: string;
  delivery: string;
  payload: JsonObject;
}): ParsedEvent[] {
  const repository = textAt(payload, 'repository', 'full_name');
  const place = repository ?? textAt(payload, 'organization', 'login') ?? 'GitHub';
  const subject = subjectOf(kind, payload);
  const within = (part: string | undefined): string | undefined =>
    part === undefined ? undefined : `${place}${part}`;
  return [
    event({
      key: delivery,
      reference: within(subject.reference),
      conversation: within(subject.conversation),
      state: subject.state ?? 'other',
      rank: subject.rank,
      occurredAt: subject.occurredAt,
      severity: subject.severity,
      title: `${place}: ${subject.what}${subject.name === undefined ? '' : `: ${subject.name}`}`,
      text: paragraphs(
        subject.text,
        changeOf(payload),
        facts({
          By: linked(textAt(payload, 'sender', 'login'), at(payload, 'sender', 'html_url')),
          Repository: linked(repository, at(payload, 'repository', 'html_url')),
        }),
      ),
      url: firstWebAddress(subject.url, at(payload, 'repository', 'html_url')),
      labels: {
        event: kind,
        action: textAt(payload, 'action'),
        repository,
        organization: textAt(payload, 'organization', 'login'),
        sender: textAt(payload, 'sender', 'login'),
        ...labelsOf(payload),
      },
      raw: payload,
    }),
  ];
}

function labelsOf(payload: JsonObject): Record<string, string | undefined> {
  const run =
    at(payload, 'workflow_run') ?? at(payload, 'workflow_job') ?? at(payload, 'check_run');
  return {
    branch:
      textAt(run, 'head_branch') ??
      textAt(payload, 'pull_request', 'base', 'ref') ??
      textAt(payload, 'ref')?.replace(/^refs\/(heads|tags)\//, ''),
    conclusion: textAt(run, 'conclusion'),
    workflow: textAt(payload, 'workflow_run', 'name') ?? textAt(payload, 'workflow', 'name'),
    environment: textAt(payload, 'deployment', 'environment'),
    author:
      textAt(payload, 'pull_request', 'user', 'login') ?? textAt(payload, 'issue', 'user', 'login'),
    labels:
      [...listAt(payload, 'issue', 'labels'), ...listAt(payload, 'pull_request', 'labels')]
        .flatMap((label) => textAt(label, 'name') ?? [])
        .join(',') || undefined,
  };
}

function subjectOf(kind: string, payload: JsonObject): Subject {
  const action = words(textAt(payload, 'action'));
  switch (kind) {
    case 'push':
      return pushOf(payload);
    case 'check_run':
    case 'check_suite':
    case 'deployment':
    case 'deployment_status':
    case 'status':
    case 'workflow_job':
    case 'workflow_run':
      return checksOf(kind, payload);
    case 'pull_request':
      return numbered('pull request', at(payload, 'pull_request'), pullRequestAction(payload));
    case 'issues':
      return numbered('issue', at(payload, 'issue'), action);
    case 'discussion': {
      const answer = at(payload, 'answer');
      const subject = numbered('discussion', at(payload, 'discussion'), action);
      return action === 'answered'
        ? { ...subject, text: body(textAt(answer, 'body')), url: at(answer, 'html_url') }
        : subject;
    }
    case 'issue_comment':
      return commented(
        at(payload, 'issue', 'pull_request') === undefined ? 'issue' : 'pull request',
        at(payload, 'issue'),
        payload,
      );
    case 'pull_request_review_comment':
      return commented('pull request', at(payload, 'pull_request'), payload);
    case 'discussion_comment':
      return commented('discussion', at(payload, 'discussion'), payload);
    case 'pull_request_review':
      return reviewed(payload);
    case 'pull_request_review_thread':
      return {
        ...numbered('pull request', at(payload, 'pull_request'), `review thread ${action}`),
        url: at(payload, 'thread', 'comments', 0, 'html_url'),
      };
    case 'commit_comment':
      return commentedCommit(payload, action);
    case 'release':
      return released(payload, action);
    case 'code_scanning_alert':
    case 'dependabot_alert':
    case 'secret_scanning_alert':
    case 'repository_vulnerability_alert':
      return alerted(kind, payload, action);
    case 'secret_scanning_alert_location':
      return {
        ...alerted('secret_scanning_alert', payload, 'found in another place'),
        state: 'updated',
      };
    default:
      return otherKind(kind, payload, action);
  }
}

function pullRequestAction(payload: JsonObject): string {
  const action = textAt(payload, 'action');
  if (action === 'closed' && at(payload, 'pull_request', 'merged') === true) return 'merged';
  return action === 'synchronize' ? 'updated' : words(action);
}

/** Issues, pull requests and discussions. */
function numbered(noun: string, subject: unknown, action: string): Subject {
  const number = textAt(subject, 'number');
  return {
    what: [noun, number && `#${number}`, action].filter(Boolean).join(' '),
    name: textAt(subject, 'title'),
    ...conversationOf(number),
    state: stateAfter(action),
    severity: 'info',
    url: at(subject, 'html_url'),
    text: action === 'opened' || action === 'created' ? body(textAt(subject, 'body')) : undefined,
    occurredAt: at(subject, 'updated_at'),
  };
}

/** What was added to it, or taken from it, of which its own fields only say what all are now. */
function changeOf(payload: JsonObject): string | undefined {
  if (at(payload, 'issue') === undefined && at(payload, 'pull_request') === undefined) {
    return undefined;
  }
  return facts({
    Label: plain(textAt(payload, 'label', 'name')),
    Assignee: plain(textAt(payload, 'assignee', 'login')),
    Reviewer: plain(
      textAt(payload, 'requested_reviewer', 'login') ?? textAt(payload, 'requested_team', 'name'),
    ),
    Milestone: plain(textAt(payload, 'milestone', 'title')),
    'Earlier title': plain(textAt(payload, 'changes', 'title', 'from')),
    Reason:
      textAt(payload, 'action') === 'closed'
        ? plain(words(textAt(payload, 'issue', 'state_reason')))
        : undefined,
  });
}

function conversationOf(number: string | undefined): Pick<Subject, 'conversation' | 'reference'> {
  return number === undefined ? {} : { conversation: `#${number}`, reference: `#${number}` };
}

function stateAfter(action: string): EventState {
  switch (action) {
    case 'opened':
    case 'reopened':
    case 'created':
      return 'triggered';
    case 'closed':
    case 'deleted':
    case 'merged':
    case 'transferred':
      return 'resolved';
    default:
      return 'updated';
  }
}

function commented(noun: string, subject: unknown, payload: JsonObject): Subject {
  const comment = at(payload, 'comment');
  const action = textAt(payload, 'action');
  const number = textAt(subject, 'number');
  return {
    what: `${action === 'created' ? 'comment' : `comment ${words(action)}`} on ${noun} #${number ?? '?'}`,
    name: textAt(subject, 'title'),
    ...conversationOf(number),
    state: 'updated',
    severity: 'info',
    url: at(comment, 'html_url'),
    text: action === 'deleted' ? undefined : body(textAt(comment, 'body')),
    // A comment that was deleted has the time of its last change.
    occurredAt: action === 'deleted' ? undefined : at(comment, 'updated_at'),
  };
}

function reviewed(payload: JsonObject): Subject {
  const review = at(payload, 'review');
  const verdict = words(textAt(review, 'state'));
  const subject = numbered('pull request', at(payload, 'pull_request'), `review ${verdict}`.trim());
  return {
    ...subject,
    url: at(review, 'html_url'),
    text: body(textAt(review, 'body')),
    // One that is edited or dismissed keeps the time at which it was submitted.
    ...(textAt(payload, 'action') === 'submitted' && { occurredAt: at(review, 'submitted_at') }),
  };
}

function released(payload: JsonObject, action: string): Subject {
  const release = at(payload, 'release');
  const tag = textAt(release, 'tag_name') ?? '?';
  return {
    what: `release ${tag} ${action}`,
    name: textAt(release, 'name'),
    reference: `@${tag}`,
    conversation: `@${tag}`,
    state: action === 'deleted' ? 'resolved' : 'updated',
    severity: 'info',
    url: at(release, 'html_url'),
    text: action === 'deleted' ? undefined : body(textAt(release, 'body')),
    // What happens to it later has this time, too.
    occurredAt: action === 'published' ? at(release, 'published_at') : undefined,
  };
}

const SEVERITIES = new Map<string, Severity>([
  ['critical', 'critical'],
  ['high', 'error'],
  ['error', 'error'],
  ['medium', 'warning'],
  ['moderate', 'warning'],
  ['warning', 'warning'],
]);

const SETTLED = [
  'fixed',
  'dismissed',
  'auto dismissed',
  'resolved',
  'closed by user',
  'resolve',
  'dismiss',
];

function alerted(kind: string, payload: JsonObject, action: string): Subject {
  const alert = at(payload, 'alert');
  const number = textAt(alert, 'number') ?? textAt(alert, 'id');
  const isSettled = SETTLED.includes(action);
  const severity =
    textAt(alert, 'security_advisory', 'severity') ??
    textAt(alert, 'rule', 'security_severity_level') ??
    textAt(alert, 'rule', 'severity') ??
    textAt(alert, 'severity');
  return {
    what: [words(kind).replace('repository ', ''), number && `#${number}`, action]
      .filter(Boolean)
      .join(' '),
    name:
      textAt(alert, 'security_advisory', 'summary') ??
      textAt(alert, 'rule', 'description') ??
      textAt(alert, 'secret_type_display_name') ??
      textAt(alert, 'affected_package_name'),
    conversation: number && `/${kind}/${number}`,
    state: isSettled ? 'resolved' : 'triggered',
    severity: isSettled ? 'ok' : (SEVERITIES.get(severity?.toLowerCase() ?? '') ?? 'warning'),
    url: at(alert, 'html_url'),
    text: facts({
      Severity: plain(severity),
      Package: plain(textAt(alert, 'dependency', 'package', 'name')),
      Tool: plain(textAt(alert, 'tool', 'name')),
    }),
    occurredAt: at(alert, 'updated_at'),
  };
}

function commentedCommit(payload: JsonObject, action: string): Subject {
  const comment = at(payload, 'comment');
  const sha = textAt(comment, 'commit_id');
  return {
    what: `comment ${action === 'created' ? '' : `${action} `}on commit ${sha?.slice(0, 7) ?? '?'}`,
    conversation: sha && `/commit/${sha}`,
    state: 'updated',
    severity: 'info',
    url: at(comment, 'html_url'),
    text: body(textAt(comment, 'body')),
    occurredAt: at(comment, 'updated_at'),
  };
}

/** Code, in which nothing is a comment, or a comment. What has no end goes on to that of the text. */
const CODE_OR_COMMENT =
  /^ {0,3}(`{3,}(?!`)(?!.*`)|~{3,})[\s\S]*?(?:^ {0,3}\1[`~]*[ \t]*$|(?![\s\S]))|(?<!`)(`+)(?!`)[^`\n]+\2(?!`)|<!--[\s\S]*?(?:-->|(?![\s\S]))/gm;

/** Markdown that people wrote on GitHub, without the comments that only its editor shows. */
function body(markdown: string | undefined): string | undefined {
  const text = markdown
    ?.replaceAll(CODE_OR_COMMENT, (match) => (match.startsWith('<!--') ? '' : match))
    .trim();
  return text ? shortenMarkdown(text, LONGEST_BODY) : undefined;
}
