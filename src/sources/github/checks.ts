import { RANKS } from '../../domain/event.js';
import { firstWebAddress } from '../event.js';
import { facts, plain } from '../facts.js';
import { at, listAt, textAt, type JsonObject } from '../json.js';
import { words, type Subject } from './subject.js';

type ChecksKind =
  | 'check_run'
  | 'check_suite'
  | 'deployment'
  | 'deployment_status'
  | 'status'
  | 'workflow_job'
  | 'workflow_run';

/** By the conclusion, or the state of a deployment or a commit. What isn't here is neither good nor bad. */
const OUTCOMES = new Map<string, Pick<Subject, 'severity' | 'state'>>([
  ['success', { severity: 'ok', state: 'resolved' }],
  ['failure', { severity: 'error', state: 'triggered' }],
  ['error', { severity: 'error', state: 'triggered' }],
  ['timed_out', { severity: 'error', state: 'triggered' }],
  ['startup_failure', { severity: 'error', state: 'triggered' }],
  ['action_required', { severity: 'warning', state: 'triggered' }],
]);

/** What a deployment or a commit's status is until it ends. */
const NOT_ENDED = new Set(['expected', 'in_progress', 'pending', 'queued', 'requested', 'waiting']);

/** Runs, jobs, checks, deployments and the statuses of commits: each ends well or badly. */
export function checksOf(kind: ChecksKind, payload: JsonObject): Subject {
  const subject = kind === 'status' ? payload : (at(payload, kind) ?? at(payload, 'deployment'));
  const action = textAt(payload, 'action');
  const outcome = outcomeOf(kind, subject, action);
  const isEnd = outcome !== undefined && !NOT_ENDED.has(outcome);
  const progress = outcome ?? action ?? textAt(subject, 'status');
  return {
    what: `${nounOf(kind, payload)} ${words(progress)}`.trim(),
    name: nameOf(kind, payload),
    reference: referenceOf(kind, payload),
    conversation: conversationOf(kind, payload),
    severity: 'info',
    state: isEnd ? 'resolved' : 'triggered',
    ...OUTCOMES.get(outcome ?? ''),
    // A run that ended is never shown as running again, though both have the same time.
    rank: isEnd ? RANKS.resolved : RANKS.triggered,
    url: urlOf(kind, payload),
    text: facts({
      Title: plain(textAt(subject, 'display_title')),
      Workflow: plain(textAt(subject, 'workflow_name')),
      'Failed step': plain(failedStep(subject)),
      Branch: plain(textAt(subject, 'head_branch') ?? textAt(payload, 'deployment', 'ref')),
      Commit: plain((textAt(subject, 'head_sha') ?? textAt(subject, 'sha'))?.slice(0, 7)),
      Description: plain(textAt(subject, 'description') ?? textAt(subject, 'output', 'title')),
      Environment: plain(textAt(subject, 'environment')),
    }),
    occurredAt: isToRunAgain(action) ? undefined : (at(subject, 'updated_at') ?? lastTime(subject)),
  };
}

/** Its times are those of the run before, and so is its conclusion. */
function isToRunAgain(action: string | undefined): boolean {
  return action === 'rerequested' || action === 'requested_action';
}

/** The end may be before the start, as of a job that was skipped, or where an app has another clock than GitHub. */
function lastTime(subject: unknown): string | undefined {
  const times = [textAt(subject, 'started_at'), textAt(subject, 'completed_at')];
  return times
    .filter((time) => time !== undefined && !Number.isNaN(Date.parse(time)))
    .sort((one = '', other = '') => Date.parse(other) - Date.parse(one))[0];
}

function failedStep(job: unknown): string | undefined {
  const failed = listAt(job, 'steps').find((step) => textAt(step, 'conclusion') === 'failure');
  return textAt(failed, 'name');
}

function outcomeOf(
  kind: ChecksKind,
  subject: unknown,
  action: string | undefined,
): string | undefined {
  if (isToRunAgain(action)) return undefined;
  const hasState = kind === 'status' || kind === 'deployment_status';
  return textAt(subject, 'conclusion') ?? (hasState ? textAt(subject, 'state') : undefined);
}

function nounOf(kind: ChecksKind, payload: JsonObject): string {
  switch (kind) {
    case 'status':
      return 'commit status';
    case 'deployment_status':
      return `deployment to ${textAt(payload, 'deployment', 'environment') ?? '?'}`;
    case 'workflow_run': {
      const number = textAt(payload, 'workflow_run', 'run_number');
      return number === undefined ? 'workflow run' : `workflow run #${number}`;
    }
    default:
      return words(kind);
  }
}

function nameOf(kind: ChecksKind, payload: JsonObject): string | undefined {
  if (kind === 'status') return textAt(payload, 'context');
  const subject = at(payload, kind);
  return (
    textAt(subject, 'name') ?? textAt(subject, 'app', 'name') ?? textAt(subject, 'environment')
  );
}

function referenceOf(kind: ChecksKind, payload: JsonObject): string | undefined {
  const run = textAt(payload, 'workflow_run', 'run_number');
  return kind === 'workflow_run' && run !== undefined ? `/runs/${run}` : undefined;
}

function conversationOf(kind: ChecksKind, payload: JsonObject): string | undefined {
  if (kind === 'status') {
    const sha = textAt(payload, 'sha');
    return sha && `/status/${sha}/${textAt(payload, 'context') ?? ''}`;
  }
  const isDeployment = kind === 'deployment' || kind === 'deployment_status';
  const id = isDeployment ? textAt(payload, 'deployment', 'id') : textAt(payload, kind, 'id');
  return id && `/${isDeployment ? 'deployment' : kind}/${id}`;
}

function urlOf(kind: ChecksKind, payload: JsonObject): unknown {
  if (kind === 'status') {
    return firstWebAddress(at(payload, 'target_url'), at(payload, 'commit', 'html_url'));
  }
  const subject = at(payload, kind);
  return firstWebAddress(at(subject, 'html_url'), at(subject, 'target_url'));
}
