import { createHmac, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { usableContent } from '../../../src/acceptance/eventContent.js';
import { eventSchema } from '../../../src/domain/event.js';
import { github } from '../../../src/sources/github/source.js';
import type { ParsedEvent, Sample, SourceRequest } from '../../../src/sources/source.js';
import { defaultContent } from '../../../src/templates/defaultContent.js';
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

describe.each(EXAMPLES)('the example payloads of $name', ({ examples, name }) => {
  it('are events that can be shown as they are', () => {
    for (const payload of examples) {
      const { key, labels, text, title, url } = eventOf(name, payload);
      const event = eventSchema.parse({ key, labels, source: 'github', text, title, url });
      const content = defaultContent(event);
      expect(usableContent(content, event)).toEqual(content);
      expect(`${event.title} ${event.text}`).not.toMatch(/undefined|null|\[object/);
      expect(event.title.length).toBeGreaterThan('github: '.length);
    }
  });
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
