import type { Severity } from '../../domain/message.js';
import { firstTen } from '../listing.js';
import { firstWebAddress } from '../event.js';
import { facts, linked, plain } from '../facts.js';
import { fieldsOf, titleIn } from '../fields.js';
import { at, isObject, listAt, textAt, type JsonObject } from '../json.js';
import { words, type Subject } from './subject.js';

/** What a rare kind of event says of itself, beside what all of them have. */
type Said = Partial<Subject> & Pick<Subject, 'what'>;

/** By kind. What isn't here is shown by the words of its kind and its action. */
const KINDS = new Map<string, (payload: JsonObject, action: string) => Said>([
  ['create', (payload) => refEvent(payload, 'created')],
  ['delete', (payload) => refEvent(payload, 'deleted')],
  ['deploy_key', (payload, action) => named('deploy key', action, textAt(payload, 'key', 'title'))],
  ['deployment_review', deploymentReview],
  [
    'fork',
    (payload) => ({
      ...named('forked', '', textAt(payload, 'forkee', 'full_name')),
      url: at(payload, 'forkee', 'html_url'),
    }),
  ],
  ['github_app_authorization', (_, action) => ({ what: `authorization of the app ${action}` })],
  ['gollum', wikiPages],
  ['installation', (payload, action) => installation(payload, action)],
  [
    'installation_repositories',
    (payload, action) => ({
      ...installation(
        payload,
        action === 'added' ? 'may use repositories' : 'may no longer use repositories',
      ),
      text: firstTen(
        [
          ...listAt(payload, 'repositories_added'),
          ...listAt(payload, 'repositories_removed'),
        ].flatMap((repository) => plain(textAt(repository, 'full_name')) ?? []),
      ),
    }),
  ],
  ['marketplace_purchase', purchase],
  ['membership', membership],
  ['merge_group', mergeGroup],
  ['meta', (payload, action) => named('webhook', action, textAt(payload, 'hook', 'config', 'url'))],
  [
    'org_block',
    (payload, action) => named('user', action, textAt(payload, 'blocked_user', 'login')),
  ],
  ['organization', organization],
  ['page_build', pageBuild],
  ['project_card', (payload, action) => named('project card', action, cardNote(payload))],
  ['projects_v2_item', projectItem],
  ['public', () => ({ what: 'the repository is public now' })],
  ['repository', repository],
  ['repository_import', repositoryImport],
  ['security_advisory', securityAdvisory],
  ['sponsorship', sponsorship],
  ['star', (_, action) => ({ what: action === 'deleted' ? 'star removed' : 'star added' })],
  ['team_add', (payload) => named('team added', '', textAt(payload, 'team', 'name'))],
  ['watch', () => ({ what: 'starred' })],
  [
    'workflow_dispatch',
    (payload) =>
      named(
        'workflow started by hand',
        '',
        [textAt(payload, 'workflow'), branchOf(textAt(payload, 'ref'))]
          .filter(Boolean)
          .join(' on '),
      ),
  ],
]);

/** Kinds that are rare, and those that GitHub adds later. */
export function otherKind(kind: string, payload: JsonObject, action: string): Subject {
  const subject = at(payload, kind) ?? subjectIn(payload);
  const said = KINDS.get(kind)?.(payload, action) ?? unknownKind(kind, payload, action);
  return {
    state: 'other',
    severity: 'info',
    url: at(subject, 'html_url'),
    occurredAt: at(subject, 'updated_at'),
    ...said,
    name: said.name === '' ? undefined : said.name,
  };
}

/** What has no name is shown by its fields. */
function unknownKind(kind: string, payload: JsonObject, action: string): Said {
  const subject = at(payload, kind) ?? subjectIn(payload);
  const name =
    textAt(subject, 'name') ??
    textAt(subject, 'title') ??
    textAt(subject, 'summary') ??
    textAt(subject, 'login') ??
    textAt(payload, 'member', 'login') ??
    textAt(payload, 'branch') ??
    branchOf(textAt(payload, 'ref'));
  const others = Object.entries(payload).filter(
    ([field]) => field !== 'action' && !SURROUNDINGS.has(field),
  );
  const isNamed = subject !== undefined && name !== undefined;
  return {
    what: `${words(kind)} ${action}`.trim(),
    name,
    text: isNamed ? undefined : fieldsOf(Object.fromEntries(others)),
  };
}

/** What every kind of event may have beside what it is about. */
const SURROUNDINGS = new Set([
  'changes',
  'enterprise',
  'installation',
  'organization',
  'repository',
  'sender',
]);

/** Of a kind that has another name than its subject: the first object that names itself. */
function subjectIn(payload: JsonObject): unknown {
  return Object.entries(payload).find(
    ([name, value]) =>
      !SURROUNDINGS.has(name) && isObject(value) && (titleIn(value) ?? textAt(value, 'login')),
  )?.[1];
}

function named(noun: string, action: string, name: string | undefined): Said {
  return { what: `${noun} ${action}`.trim(), name };
}

function branchOf(ref: string | undefined): string | undefined {
  return ref?.replace(/^refs\/(?:heads|tags)\//, '');
}

/** A branch or a tag. */
function refEvent(payload: JsonObject, verb: string): Said {
  const noun = textAt(payload, 'ref_type') ?? 'ref';
  return { what: [noun, textAt(payload, 'ref'), verb].filter(Boolean).join(' ') };
}

function wikiPages(payload: JsonObject): Said {
  const pages = listAt(payload, 'pages');
  const [first] = pages;
  const url = at(first, 'html_url');
  if (pages.length === 1) {
    return {
      ...named('wiki page', textAt(first, 'action') ?? 'changed', textAt(first, 'title')),
      url,
    };
  }
  const lines = pages.map((page) => {
    const title = linked(textAt(page, 'title') ?? textAt(page, 'page_name'), at(page, 'html_url'));
    return `${title ?? 'A page'} ${plain(textAt(page, 'action') ?? 'changed') ?? ''}`;
  });
  return { what: `${pages.length} wiki pages changed`, text: firstTen(lines), url };
}

const REVIEW_SEVERITIES = new Map<string, Severity>([
  ['requested', 'warning'],
  ['rejected', 'error'],
]);

function deploymentReview(payload: JsonObject, action: string): Said {
  const run = at(payload, 'workflow_run');
  return {
    what: `deployment review ${action}`,
    name: textAt(run, 'display_title') ?? textAt(run, 'name'),
    severity: REVIEW_SEVERITIES.get(action) ?? 'ok',
    url: at(run, 'html_url'),
    text: facts({ Environment: plain(textAt(payload, 'environment')) }),
    occurredAt: at(payload, 'since'),
  };
}

function installation(payload: JsonObject, action: string): Said {
  const app = textAt(payload, 'installation', 'app_slug');
  const account = textAt(payload, 'installation', 'account', 'login');
  return {
    what: ['app', app, action].filter(Boolean).join(' '),
    name: account,
    url: at(payload, 'installation', 'html_url'),
  };
}

function purchase(payload: JsonObject, action: string): Said {
  const bought = at(payload, 'marketplace_purchase');
  const name = [textAt(bought, 'plan', 'name'), textAt(bought, 'account', 'login')];
  return {
    ...named('marketplace plan', action, name.filter(Boolean).join(' for ')),
    occurredAt: at(payload, 'effective_date'),
  };
}

function membership(payload: JsonObject, action: string): Said {
  const preposition = action === 'removed' ? 'from' : 'to';
  const team = textAt(payload, 'team', 'name');
  return {
    ...named('member', action, textAt(payload, 'member', 'login')),
    ...(team && { what: `member ${action} ${preposition} team ${team}` }),
    url: at(payload, 'team', 'html_url'),
  };
}

function organization(payload: JsonObject, action: string): Said {
  const login =
    textAt(payload, 'membership', 'user', 'login') ??
    textAt(payload, 'invitation', 'login') ??
    textAt(payload, 'user', 'login');
  return named('organization', action, login);
}

function mergeGroup(payload: JsonObject, action: string): Said {
  const group = at(payload, 'merge_group');
  const target = branchOf(textAt(group, 'base_ref'));
  const [title] = (textAt(group, 'head_commit', 'message') ?? '').split('\n');
  return named(['merge queue of', target].filter(Boolean).join(' '), action, title);
}

function pageBuild(payload: JsonObject): Said {
  const status = textAt(payload, 'build', 'status');
  const isFailed = status === 'errored';
  return {
    what: `page build ${status ?? ''}`.trim(),
    severity: isFailed ? 'error' : 'info',
    text: plain(textAt(payload, 'build', 'error', 'message')),
    occurredAt: at(payload, 'build', 'updated_at'),
  };
}

function repositoryImport(payload: JsonObject): Said {
  const status = textAt(payload, 'status');
  return {
    what: `repository import ${status ?? ''}`.trim(),
    severity: status === 'failure' ? 'error' : 'info',
  };
}

/** The name of the repository is in front of each title. */
function repository(payload: JsonObject, action: string): Said {
  const earlier = textAt(payload, 'changes', 'repository', 'name', 'from');
  return { what: `repository ${action}`, name: earlier && `it was ${earlier}` };
}

function cardNote(payload: JsonObject): string | undefined {
  return textAt(payload, 'project_card', 'note')?.split('\n')[0];
}

function projectItem(payload: JsonObject, action: string): Said {
  const type = textAt(payload, 'projects_v2_item', 'content_type') ?? 'item';
  const noun = type.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
  const field = textAt(payload, 'changes', 'field_value', 'field_name');
  return named(`project ${noun}`, action, field);
}

const ADVISORY_SEVERITIES = new Map<string, Severity>([
  ['critical', 'critical'],
  ['high', 'error'],
  ['moderate', 'warning'],
  ['medium', 'warning'],
]);

function securityAdvisory(payload: JsonObject, action: string): Said {
  const advisory = at(payload, 'security_advisory');
  const severity = textAt(advisory, 'severity')?.toLowerCase();
  return {
    ...named('security advisory', action, textAt(advisory, 'summary')),
    severity: action === 'withdrawn' ? 'info' : (ADVISORY_SEVERITIES.get(severity ?? '') ?? 'info'),
    url: firstWebAddress(at(advisory, 'html_url'), at(advisory, 'references', 0, 'url')),
    text: facts({
      Severity: plain(severity),
      Packages: plain(
        listAt(advisory, 'vulnerabilities')
          .flatMap((each) => textAt(each, 'package', 'name') ?? [])
          .filter((each, index, all) => all.indexOf(each) === index)
          .slice(0, 10)
          .join(', '),
      ),
      Id: plain(textAt(advisory, 'ghsa_id')),
    }),
    occurredAt: at(advisory, 'updated_at'),
  };
}

function sponsorship(payload: JsonObject, action: string): Said {
  const sponsor = textAt(payload, 'sponsorship', 'sponsor', 'login');
  const tier = textAt(payload, 'sponsorship', 'tier', 'name');
  return named('sponsorship', action, [sponsor, tier].filter(Boolean).join(', '));
}
