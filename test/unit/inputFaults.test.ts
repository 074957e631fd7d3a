/** What people are told of a wrong input: the field, what it must be, and what was probably meant. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadConfiguration } from '../../src/config/configuration.js';
import { SANDBOX_ACCOUNTS } from '../../src/start/sandboxAccounts.js';
import { OPS, startIntakeApi, type IntakeApi } from './intakeApi.js';
import { pathsOf, replaced } from './jsonPaths.js';

const directory = mkdtempSync(join(tmpdir(), 'sendproof-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** What is wrong with this configuration; undefined where it is used. */
function faultOf(yaml: string): string | undefined {
  const file = join(directory, 'sendproof.yaml');
  writeFileSync(file, yaml);
  try {
    loadConfiguration({ SENDPROOF_CONFIG: file, SLACK_BOT_TOKEN: 'unused' }, SANDBOX_ACCOUNTS);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Words of the validator's own, which name no remedy. */
const NOT_OUR_WORDS = /Invalid|Unrecognized|Too (?:small|big)|expected|received/;

const ROUTE = `name: a, to: [${OPS}]`;

describe('a wrong setting', () => {
  it.each([
    [
      `routes: [{ name: a, to: ${OPS} }]`,
      'routes.0.to: must be a list, as ["slack:default/C0123ABC"], and this is a text',
    ],
    ['routes: [{ name: a, to: [] }]', 'routes.0.to: must name at least one destination'],
    [
      'routes: [{ name: a, to: [5] }]',
      'routes.0.to.0: must be a text or a map, and this is a number',
    ],
    [
      'routes: [{ name: a, to: [null] }]',
      'routes.0.to.0: must be a text or a map, and this is nothing',
    ],
    [`routes: { ${ROUTE} }`, 'routes: must be a list, and this is a map'],
    ['routes: [a]', 'routes.0: must be a map, and this is a text'],
    ['routes: [null]', 'routes.0: must be a map, and this is nothing'],
    [`routes: [{ name: 5, to: [${OPS}] }]`, 'routes.0.name: must be a text: put it in quotes'],
    [`routes: [{ name: true, to: [${OPS}] }]`, 'routes.0.name: must be a text: put it in quotes'],
    [
      `routes: [{ ${ROUTE}, continue: yes }]`,
      'routes.0.continue: must be true or false, without quotes',
    ],
    [
      `routes: [{ ${ROUTE}, repeats: dropp }]`,
      'routes.0.repeats: must be one of drop, remind; did you mean "drop"?',
    ],
    [
      `routes: [{ ${ROUTE}, conversation: { mode: updat } }]`,
      'must be one of update, reply, both, off; did you mean "update"?',
    ],
    [`routes: [{ ${ROUTE}, conversation: { mode: off } }, 5]`, 'routes.1: must be a map'],
    [`routes: [{ ${ROUTE}, onAmbiguous: dead-letter }]`, 'did you mean "dead_letter"?'],
    [`routes: [{ ${ROUTE}, priority: 9 }]`, 'routes.0.priority: must be at most 5'],
    [`routes: [{ ${ROUTE}, priority: 1.5 }]`, 'routes.0.priority: must be a whole number'],
    [
      `routes: [{ ${ROUTE}, group: { window: 5m, by: labels.team } }]`,
      'routes.0.group.by: must be a list, and this is a text',
    ],
    [
      `routes: [{ ${ROUTE}, group: { window: 5m, maximum: 1 } }]`,
      'routes.0.group.maximum: must be at least 2',
    ],
    [`routes: [{ ${ROUTE}, match: { severity: critcal } }]`, 'did you mean "critical"?'],
    [`routes: [{ ${ROUTE}, match: { state: resolvd } }]`, 'did you mean "resolved"?'],
    [
      'sources: { pd: { type: pagerdury } }',
      'sources.pd.type: there is no such type; did you mean "pagerduty"?',
    ],
    [
      'sources: { pd: { type: pagerduty, secret: } }',
      'sources.pd.secret: must be { env: NAME } or { file: PATH }',
    ],
    [
      'sources: { ci: { type: slack-webhook, token: } }',
      'sources.ci.token: must be { env: NAME } or { file: PATH }',
    ],
    [
      'sources: { a.b: { type: alertmanager, basic: } }',
      'sources.a.b.basic: must be a map, and this is nothing',
    ],
    [
      'sources: { g: { type: generic, hmac: } }',
      'sources.g.hmac: must be a map, and this is nothing',
    ],
    ['sources: { pd: pagerduty }', 'sources.pd: must be a map, and this is a text'],
    ['sources: [pagerduty]', 'sources: must be a map, and this is a list'],
    ['templates: { t: }', 'templates.t: must be a map, and this is nothing'],
    ['templates: { a.b: ~ }', 'templates.a.b: must be a map, and this is nothing'],
    ['templates: { "a b": { text: x } }', 'templates.a b: may have up to 63 letters'],
    ['templates: { t: "{{ event.title }}" }', 'templates.t: must be a map, and this is a text'],
    ['templates: { t: { text: 5 } }', 'templates.t.text: must be a text: put it in quotes'],
    [
      'accounts: { slack: { "a b": { token: { env: A } } } }',
      'accounts.slack.a b: may have letters, digits',
    ],
    ['retry: { page: { attempts: many } }', 'retry.page.attempts: must be a'],
    ['conversations: { patience: [10m] }', 'conversations.patience: must be a text'],
    ['operators: {}', 'operators.destinations: is required'],
    ['hello', '(top level): must be a map, and this is a text'],
    ['[]', '(top level): must be a map, and this is a list'],
  ])('%s says: %s', (yaml, words) => {
    const fault = faultOf(yaml);
    expect(fault).toContain(words);
    expect(fault).not.toMatch(NOT_OUR_WORDS);
  });

  it.each([
    `routes: [{ ${ROUTE}, conversation: { mode: off } }]`,
    `routes: [{ name: on, to: [${OPS}], template: yes }]\ntemplates: { yes: { text: x } }`,
    'templates: { 1: { text: x } }',
    'sources: { 5: { type: generic } }',
    `routes: [{ name: a, match: { source: x }, to: &to [${OPS}] }, { name: b, to: *to }]`,
  ])('is none: %s', (yaml) => {
    expect(faultOf(yaml)).toBeUndefined();
  });

  it('is told in our words wherever it is, and whatever is there', () => {
    const example: unknown = parse(readFileSync('sendproof.example.yaml', 'utf8'));
    const faults = pathsOf(example).map((path, index) =>
      faultOf(stringify(replaced(example, path, ODD_VALUES[index % ODD_VALUES.length]))),
    );
    expect(faults.filter((fault) => fault !== undefined).length).toBeGreaterThan(50);
    for (const fault of faults) expect(fault ?? '').not.toMatch(NOT_OUR_WORDS);
  });
});

const ODD_VALUES = [5, 'odd', true, [], [5], {}, { odd: 1 }];

describe('a wrong field of a request', () => {
  let intake: IntakeApi;
  beforeAll(async () => {
    intake = await startIntakeApi();
  });
  afterAll(() => intake.close());

  async function answerTo(method: string, path: string, body: unknown): Promise<string> {
    const response = await fetch(`${intake.api.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(400);
    return ((await response.json()) as { detail: string }).detail;
  }

  const EVENT = {
    key: 'k',
    source: 'ci',
    reference: '5',
    conversation: 'c',
    state: 'triggered',
    occurredAt: '2026-11-23T12:00:00Z',
    severity: 'error',
    title: 't',
    text: 'x',
    url: 'https://example.com',
    labels: { a: 'b' },
  };
  const MESSAGE = {
    deduplicationKey: 'k',
    destinations: [
      { destination: OPS, fallback: ['slack:default/C0DEV0001'], fallbackAfter: '5m' },
    ],
    content: { text: 'x', title: 't', severity: 'error' },
    correlation: { source: 's', reference: 'r', url: 'https://example.com' },
    priority: 1,
    onAmbiguous: 'resend',
    retryProfile: 'page',
    expiresAt: '2036-11-23T13:00:00Z',
    conversation: { key: 'c', mode: 'update', at: '2026-11-23T12:00:00Z', rank: 1 },
  };

  it('is answered in few words, however many unknown fields there are and however long', async () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `${index}${'x'.repeat(100)}`);
    const unknown = Object.fromEntries(names.map((name) => [name, 1]));
    const long = { ['y'.repeat(100_000)]: 1 };
    for (const [path, body] of [
      ['/v1/events', EVENT],
      ['/v1/messages', MESSAGE],
    ] as const) {
      const many = await answerTo('POST', path, { ...body, ...unknown });
      expect(many).toContain('and 990 more');
      expect(many.length).toBeLessThan(6_000);
      expect((await answerTo('POST', path, { ...body, ...long })).length).toBeLessThan(600);
    }
  });

  it.each([
    [
      'POST',
      '/v1/events',
      { ...EVENT, sevrity: 'x' },
      'there is no field "sevrity"; did you mean "severity"?',
    ],
    [
      'POST',
      '/v1/events',
      { ...EVENT, severity: 'critcal' },
      'severity: must be one of critical, error, warning, info, ok; did you mean "critical"?',
    ],
    ['POST', '/v1/events', { ...EVENT, state: 'resolve' }, 'did you mean "resolved"?'],
    ['POST', '/v1/events', { ...EVENT, labels: [] }, 'labels: must be a map'],
    [
      'POST',
      '/v1/events',
      { ...EVENT, labels: { a: 5 } },
      'labels.a: must be a text: put it in quotes',
    ],
    ['POST', '/v1/events', { ...EVENT, title: undefined }, 'title: is required'],
    ['POST', '/v1/events', [], '(whole body): must be a map, and this is a list'],
    [
      'POST',
      '/v1/messages',
      { ...MESSAGE, destinations: OPS },
      'destinations: must be a list, as ["slack:default/C0123ABC"]',
    ],
    [
      'POST',
      '/v1/messages',
      { ...MESSAGE, contents: {} },
      'there is no field "contents"; did you mean "content"?',
    ],
    [
      'POST',
      '/v1/messages',
      { ...MESSAGE, conversation: { key: 'c', mode: 'updat' } },
      'conversation.mode: must be one of update, reply, both; did you mean "update"?',
    ],
    [
      'PATCH',
      '/v1/messages/k',
      { deliverAT: '2036-11-23T13:00:00Z' },
      'there is no field "deliverAT"; did you mean "deliverAt"?',
    ],
    ['PATCH', '/v1/messages/k', { deliverAt: 5 }, 'deliverAt: must be'],
  ])('%s %s %j says: %s', async (method, path, body, words) => {
    const detail = await answerTo(method, path, body);
    expect(detail).toContain(words);
    expect(detail).not.toMatch(NOT_OUR_WORDS);
  });

  it.each([
    ['/v1/events', EVENT],
    ['/v1/messages', MESSAGE],
  ])('of %s is told in our words wherever it is, and whatever is there', async (path, body) => {
    const details = await Promise.all(
      pathsOf(body).flatMap((place) =>
        [...ODD_VALUES, null].map(async (value) => {
          const response = await fetch(`${intake.api.url}${path}`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(replaced(body, place, value)),
          });
          // 503: there is no route.
          expect([200, 202, 400, 503]).toContain(response.status);
          return response.status !== 400
            ? ''
            : ((await response.json()) as { detail: string }).detail;
        }),
      ),
    );
    expect(details.filter((detail) => detail !== '').length).toBeGreaterThan(50);
    for (const detail of details) expect(detail).not.toMatch(NOT_OUR_WORDS);
  });
});
