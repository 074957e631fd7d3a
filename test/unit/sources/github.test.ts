import { createHmac, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { usableContent } from '../../../src/acceptance/eventContent.js';
import { parseDocument } from '../../../src/destinations/document/parseDocument.js';
import { eventSchema } from '../../../src/domain/event.js';
import { github } from '../../../src/sources/github/source.js';
import type { ParsedEvent, Sample, SourceRequest } from '../../../src/sources/source.js';
import { defaultContent } from '../../../src/templates/defaultContent.js';
import { wordsOf } from '../../../src/templates/richText.js';
import { compileTemplate } from '../../../src/templates/template.js';
import { describeSourceContract } from './contract.js';

describeSourceContract({
  type: github,
  settings: (secret) => ({ secret }),
  authenticate: ({ body, headers }, secret) => {
    const signature = createHmac('sha256', secret).update(body).digest('hex');
    return { body, headers: { ...headers, 'X-Hub-Signature-256': `sha256=${signature}` } };
  },
  signsBody: true,
  senderWaitsMs: 10_000,
  tests: ['test'],
  redelivered: ({ body, headers }) => ({
    body,
    headers: { ...headers, 'X-GitHub-Hook-ID': randomUUID() },
  }),
});

/** GitHub's own examples: https://github.com/octokit/webhooks */
const EXAMPLES = createRequire(import.meta.url)('@octokit/webhooks-examples') as {
  name: string;
  examples: object[];
}[];

const source = github.create(github.schema.parse({ type: 'github' }), 'github');

function requestOf({ body, headers }: Sample): SourceRequest {
  return {
    id: 'r1',
    method: 'POST',
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    query: new URLSearchParams(),
    token: '',
    body: Buffer.from(body),
  };
}

/** The one event of this payload. */
function eventOf(kind: string, payload: object): ParsedEvent {
  const headers = { 'X-GitHub-Event': kind, 'X-GitHub-Delivery': 'd1' };
  const [event, ...others] = source.parse(requestOf({ headers, body: JSON.stringify(payload) }));
  if (!event || others.length > 0) throw new Error('not one event');
  return event;
}

afterEach(() => {
  vi.restoreAllMocks();
});

/** Strict: it reads nothing that not every event has, and fails where it can't. */
const STRICT = compileTemplate('strict', {
  title: '{{ event.title | truncate: 150 }}',
  severity: '{{ event.severity }}',
  text: [
    '{{ event.text }}',
    '{{ event.labels.event | code }} {{ event.labels.action }} {{ event.labels.repository | link: event.url }}',
    '{% if event.labels.sender %}by {{ event.labels.sender }}{% endif %}, {{ event.state }}',
    '{% for label in event.labels %}- **{{ label[0] }}**: {{ label[1] }}\n{% endfor %}',
  ].join('\n'),
});

describe.each(EXAMPLES)('the example payloads of $name', ({ examples, name }) => {
  it('are events that can be shown as they are', () => {
    for (const payload of examples) {
      const { key, labels, text, title, url } = eventOf(name, payload);
      const event = eventSchema.parse({ key, labels, source: 'github', text, title, url });
      const content = defaultContent(event);
      expect(usableContent(content, event)).toEqual(content);
      expect(`${event.title} ${event.text}`).not.toMatch(/undefined|null|\[object/);
      expect(event.title).toMatch(/^[^ ]+: \S/);
    }
  });

  it('are shown by a template of one’s own', () => {
    // A rendering has a limit of time, which a busy machine exceeds.
    vi.spyOn(performance, 'now').mockReturnValue(0);
    for (const payload of examples) {
      const event = { ...eventOf(name, payload), source: 'github' };
      expect(STRICT.faultWith(event)).toBeUndefined();
      const { content, failure } = STRICT.render(event);
      expect(failure).toBeUndefined();
      expect(usableContent(content, event)).toEqual(content);
      expect(content.text).toContain(name.split('_')[0]);
    }
  });
});

it('are all 329', () => {
  expect(EXAMPLES.flatMap(({ examples }) => examples)).toHaveLength(329);
});

it.each([
  ['create', { ref: 'v1', ref_type: 'tag' }, 'GitHub: tag v1 created'],
  ['delete', { ref: 'fix/a', ref_type: 'branch' }, 'GitHub: branch fix/a deleted'],
  ['watch', { action: 'started' }, 'GitHub: starred'],
  ['star', { action: 'deleted' }, 'GitHub: star removed'],
  ['public', {}, 'GitHub: the repository is public now'],
  ['gollum', { pages: [{ title: 'Home', action: 'edited' }] }, 'GitHub: wiki page edited: Home'],
  ['gollum', { pages: [{}, {}] }, 'GitHub: 2 wiki pages changed'],
  ['page_build', { build: { status: 'errored' } }, 'GitHub: page build errored'],
  [
    'repository',
    { action: 'renamed', changes: { repository: { name: { from: 'old' } } } },
    'GitHub: repository renamed: it was old',
  ],
  [
    'membership',
    { action: 'added', member: { login: 'ana' }, team: { name: 'ops' } },
    'GitHub: member added to team ops: ana',
  ],
  [
    'pull_request_review_thread',
    { action: 'resolved', pull_request: { number: 5, title: 'Fix' } },
    'GitHub: pull request #5 review thread resolved: Fix',
  ],
  [
    'commit_comment',
    { action: 'created', comment: { commit_id: '0123456789' } },
    'GitHub: comment on commit 0123456',
  ],
  ['workflow_dispatch', { ref: 'refs/heads/main' }, 'GitHub: workflow started by hand: main'],
  [
    'something_new',
    { action: 'made', something_new: { name: 'x' } },
    'GitHub: something new made: x',
  ],
  ['constructor', { action: 'made' }, 'GitHub: constructor made'],
  [
    'sub_issues',
    { action: 'sub_issue_added', sub_issue: { title: 'Fix it', number: 6 }, parent_issue: {} },
    'GitHub: sub issues sub issue added: Fix it',
  ],
  [
    'personal_access_token_request',
    { action: 'created', sender: { login: 'ana' } },
    'GitHub: personal access token request created',
  ],
  [
    'issue_comment',
    { action: 'created', issue: { number: 5, title: 'Fix', pull_request: { url: 'x' } } },
    'GitHub: comment on pull request #5: Fix',
  ],
])('names an event of the kind %s: %j', (kind, payload, title) => {
  expect(eventOf(kind, payload).title).toBe(title);
});

it('says what happened to what, where, and by whom', () => {
  const titles = Object.entries(github.samples)
    .filter(([name]) => name !== 'test')
    .map(([name, sample]) => [name, source.parse(requestOf(sample))[0]?.title]);
  expect(Object.fromEntries(titles)).toEqual({
    'pull-request':
      'example/shop: pull request #55 opened: Retry the payment when the bank is slow',
    merged: 'example/shop: pull request #55 merged: Retry the payment when the bank is slow',
    'workflow-failed': 'example/shop: workflow run #312 failure: Build',
    push: 'example/shop: 12 commits pushed to main',
  });
});

it('takes the form that a webhook can be set to', () => {
  const { body, headers } = github.samples.merged ?? { body: '', headers: {} };
  const form = requestOf({
    headers: { ...headers, 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ payload: body }).toString(),
  });
  expect(source.parse(form)[0]).toMatchObject({
    conversation: 'example/shop#55',
    state: 'resolved',
  });
});

it.each([
  ['labeled', { label: { name: 'urgent' } }, 'Label:** urgent'],
  ['assigned', { assignee: { login: 'ana' } }, 'Assignee:** ana'],
  ['milestoned', { milestone: { title: 'v2' } }, 'Milestone:** v2'],
  ['edited', { changes: { title: { from: 'Old' } } }, 'Earlier title:** Old'],
])('says what was changed in an issue that was %s', (action, change, expected) => {
  const payload = { action, issue: { number: 5, title: 'Fix' }, ...change };
  expect(eventOf('issues', payload).text.replaceAll('\\', '')).toContain(expected);
});

it.each(['pending', 'queued', 'waiting', 'in_progress'])(
  'doesn’t end a deployment that is %s',
  (state) => {
    const payload = (now: string) => ({
      deployment: { id: 1, environment: 'production' },
      deployment_status: { state: now, updated_at: '2026-11-23T12:00:00Z' },
    });
    const event = eventOf('deployment_status', payload(state));
    expect(event.state).toBe('triggered');
    expect(event.rank).toBeLessThan(eventOf('deployment_status', payload('success')).rank ?? 0);
  },
);

it('doesn’t repeat the outcome of a check that is to run again', () => {
  const payload = {
    action: 'rerequested',
    check_run: { id: 1, name: 'Lint', conclusion: 'failure' },
  };
  expect(eventOf('check_run', payload)).toMatchObject({
    title: 'GitHub: check run rerequested: Lint',
    severity: 'info',
  });
});

it.each<[string, object, string]>([
  [
    'repository_dispatch',
    { action: 'deploy', branch: 'main', client_payload: { version: '1.2' } },
    'client_payload.version:** 1.2',
  ],
  ['secret_scanning_scan', { action: 'completed', type: 'backfill' }, 'type:** backfill'],
  [
    'workflow_job',
    {
      action: 'completed',
      workflow_job: {
        name: 'build',
        workflow_name: 'CI',
        conclusion: 'failure',
        steps: [
          { name: 'checkout', conclusion: 'success' },
          { name: 'test', conclusion: 'failure' },
        ],
      },
    },
    'Workflow:** CI\n**Failed step:** test',
  ],
  [
    'workflow_run',
    { action: 'completed', workflow_run: { conclusion: 'failure', display_title: 'Fix it' } },
    'Title:** Fix it',
  ],
  [
    'discussion',
    { action: 'answered', discussion: { number: 7 }, answer: { body: 'Do this.' } },
    'Do this.',
  ],
  [
    'issues',
    { action: 'closed', issue: { number: 5, state_reason: 'not_planned' } },
    'Reason:** not planned',
  ],
])('shows what an event of the kind %s says', (kind, payload, expected) => {
  expect(eventOf(kind, payload).text.replaceAll('\\', '')).toContain(expected);
});

it('shows another place of a secret with its alert', () => {
  const alert = { number: 3, secret_type_display_name: 'A token' };
  const found = eventOf('secret_scanning_alert', { action: 'created', alert });
  expect(eventOf('secret_scanning_alert_location', { action: 'created', alert })).toMatchObject({
    title: 'GitHub: secret scanning alert #3 found in another place: A token',
    conversation: found.conversation,
    state: 'updated',
  });
});

describe('a body', () => {
  const shown = (body: string) =>
    eventOf('issues', { action: 'opened', issue: { number: 5, body }, sender: { login: 'ana' } })
      .text;

  it.each([
    ['that is cut within code', `\`\`\`\n${'one line of a log\n'.repeat(200)}\`\`\`\nThe end.`],
    ['whose code has no end', 'See:\n~~~~ yaml\n~~~\nkey: value'],
    ['whose code has the beginning of a comment', '```html\n<!-- head\n```'],
  ])('%s doesn’t take in the facts below it', (_what, body) => {
    const blocks = parseDocument(shown(body));
    expect(blocks.map(({ kind }) => kind)).toContain('code');
    expect(blocks.at(-1)).toMatchObject({ kind: 'paragraph' });
    expect(wordsOf(shown(body))).toMatch(/\nBy: ana$/);
  });

  it('is shown without its comments, and with those that its code shows', () => {
    const text = wordsOf(
      shown('a<!-- b -->c `<!-- d` e\r\n```\r\n<!-- f -->\r\n```\r\n<!-- g\n\nh'),
    );
    expect(text).toBe('ac <!-- d e\n<!-- f -->\nBy: ana');
  });
});

describe('the time of an event that follows another one with the same', () => {
  const published = '2026-11-23T12:00:00Z';
  const time = (kind: string, payload: object) => eventOf(kind, payload).occurredAt;

  it.each([
    [
      'a release',
      'release',
      'published',
      'deleted',
      { release: { id: 1, published_at: published } },
    ],
    [
      'a review',
      'pull_request_review',
      'submitted',
      'dismissed',
      { pull_request: { number: 5 }, review: { submitted_at: published } },
    ],
    [
      'a comment',
      'issue_comment',
      'created',
      'deleted',
      { issue: { number: 5 }, comment: { updated_at: published } },
    ],
    [
      'a check',
      'check_run',
      'completed',
      'rerequested',
      { check_run: { id: 1, started_at: '2026-11-23T11:00:00Z', completed_at: published } },
    ],
  ])('is that of its arrival: %s', (_what, kind, before, after, payload) => {
    expect(time(kind, { action: before, ...payload })).toBe('2026-11-23T12:00:00.000Z');
    expect(time(kind, { action: after, ...payload })).toBeUndefined();
  });

  it('of a job is not before its start', () => {
    const job = { id: 1, started_at: published, completed_at: '2026-11-23T11:59:59Z' };
    expect(time('workflow_job', { action: 'completed', workflow_job: job })).toBe(
      '2026-11-23T12:00:00.000Z',
    );
  });
});
