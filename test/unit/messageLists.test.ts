/** The lists of messages and of dead letters, and the decisions made on them, over a Temporal whose lists are made up. */
import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TABS } from '../../src/api/messageTabs.js';
import { SearchPage } from '../../src/api/pages/listPages.js';
import { toCursor } from '../../src/store/search/cursor.js';
import { expectWithin, mostCalls } from '../callsToTemporal.js';
import { asTemporalHasIt, execution } from './listedMessages.js';
import { signIn } from '../tenantRequests.js';
import { entry, startKeysApi, valueOf, type KeysApi } from './keysApi.js';
import { grpcError, type Call } from './temporalService.js';

const OPS = 'slack:default/C0123ABC';
const PAYMENTS = 'slack:default/C0PAY';

const MANY_NAMES = Object.fromEntries(
  Array.from({ length: 250 }, (_, index) => [`slack:default/C0N${index}`, `Team ${index}`]),
);

let api: KeysApi;
let cookie = '';
let calls: Call[] = [];
let listed: ReturnType<typeof execution>[] = [];

beforeAll(async () => {
  api = await startKeysApi({
    keys: [
      entry('all', ['admin']),
      entry('reader', ['read']),
      entry('mine', ['admin'], { tenant: 'mine', destinations: [OPS] }),
    ],
    names: { ...MANY_NAMES, [OPS]: 'Operations', [PAYMENTS]: 'Payments team' },
  });
  api.answer = (call) => {
    const { execution: asked } = call.request as { execution?: { workflowId?: string } };
    if (asked?.workflowId?.startsWith('sendproof/session/')) return undefined;
    calls.push(call);
    if (call.method === 'countWorkflowExecutions') {
      return {
        count: String(call.request.query).includes('OR DeliveryStatus = "Scheduled"') ? 7 : 1_234,
        groups: [],
      };
    }
    if (call.method === 'listWorkflowExecutions') {
      return asTemporalHasIt(call.method, { executions: listed });
    }
    if (call.method === 'describeWorkflowExecution') throw grpcError(5, 'workflow not found');
    return undefined;
  };
  cookie = await signIn(api.api.url, valueOf('all'));
});
afterAll(() => api.close());
beforeEach(() => {
  calls = [];
  listed = [];
});

async function open(path: string, headers: Record<string, string> = {}) {
  const answer = await fetch(new URL(path, api.api.url), {
    headers: { cookie, 'sec-fetch-site': 'same-origin', ...headers },
    redirect: 'manual',
  });
  return { status: answer.status, html: await answer.text() };
}

async function submit(path: string, fields: Record<string, string>) {
  const answer = await fetch(new URL(path, api.api.url), {
    method: 'POST',
    headers: { cookie, 'sec-fetch-site': 'same-origin' },
    redirect: 'manual',
    body: new URLSearchParams(fields),
  });
  return { status: answer.status, html: await answer.text(), headers: answer.headers };
}

const textOf = (html: string): string =>
  html
    .replace(/<head>.*<\/head>/s, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');

const listQueries = () =>
  calls.flatMap(({ method, request }) =>
    method === 'listWorkflowExecutions' ? [String(request.query)] : [],
  );

const parked = (id: string, destination = OPS, title?: string) =>
  execution({
    ...{ id, startedMs: Date.now() - 3_600_000 },
    attributes: { DeliveryStatus: 'DeadLettered', FailureReason: 'not_authorised' },
    memo: {
      ...(title !== undefined && { title }),
      destinations: [destination],
      source: 'pagerduty',
      reference: '55',
      deadLetters: [
        {
          ...{ destination, reason: 'not_authorised', detail: 'not_in_channel' },
          at: new Date(Date.now() - 1_800_000).toISOString(),
        },
      ],
    },
  });

describe('the list of messages', () => {
  it('says what each is about first, and names destinations as people do', async () => {
    listed = [parked('pd-55', PAYMENTS, 'Disk full on <db-1>'), parked('without')];
    const { html } = await open('/messages');
    expect(html).toContain('<a href="/messages/pd-55">Disk full on &lt;db-1></a>');
    expect(textOf(html)).toMatch(
      /Disk full on &lt;db-1> pd-55 pagerduty 55 Payments team needs a decision not authorised 1h ago/,
    );
    expect(html).toContain(`title="${PAYMENTS}">Payments team`);
    expect(html).toContain('<a href="/messages/without">without</a>');
  });

  it('has tabs with counts, which all who look share for some seconds', async () => {
    const first = await open('/messages?tab=scheduled');
    expect(textOf(first.html)).toMatch(
      /Needs action 1,234 Waiting 1,234 Retrying or late 1,234 Scheduled 7 All 1,234/,
    );
    expect(first.html).toMatch(/href="\/messages\?tab=scheduled" aria-current="page"/);
    calls = [];
    await Promise.all([open('/messages'), open('/messages')]);
    const { searches } = mostCalls('page /messages');
    // The list of each.
    expectWithin(
      calls.map(({ method }) => method),
      { searches: searches + 1, others: 0 },
      'both',
    );
  });

  it.each([
    ['needs_action', /DeliveryStatus = "DeadLettered"/],
    ['under_way', /ExecutionTime < "/],
    ['delayed', /ExecutionTime < "/],
    ['scheduled', /ExecutionTime > ".*" OR DeliveryStatus = "Scheduled"/],
  ])('shows by the tab %s what Temporal finds so', async (tab, query) => {
    await open(`/messages?tab=${tab}`);
    expect(listQueries()).toEqual([expect.stringMatching(query)]);
  });

  it('finds by the reason of each dead letter, whichever Temporal has as that of the message', async () => {
    const both = parked('both', PAYMENTS);
    const deadLetters = [
      { destination: OPS, reason: 'timeout', detail: '', at: new Date().toISOString() },
      { destination: PAYMENTS, reason: 'not_authorised', detail: '', at: new Date().toISOString() },
    ];
    const { memo } = execution({ id: '', startedMs: 0, memo: { deadLetters } });
    listed = [{ ...both, memo }, parked('other')];
    for (const [reason, found] of [
      ['timeout', ['both']],
      ['not_authorised', ['both', 'other']],
      ['content_rejected', []],
    ] as const) {
      const { html } = await open(`/messages?reason=${reason}`);
      const keys = [...html.matchAll(/rowheader"><a href="\/messages\/(\w+)"/g)];
      expect(keys.map(([, key]) => key).sort(), reason).toEqual(found);
    }
  });

  it('narrows by time, source, status, reason, and a destination by its name', async () => {
    const fields = { range: '24h', source: 'ci', status: 'expired', reason: 'timeout' };
    const query = new URLSearchParams({ ...fields, destination: 'payments TEAM' }).toString();
    const { html } = await open(`/messages?${query}`);
    const [asked] = listQueries();
    expect(asked).toMatch(/Source = "ci"/);
    expect(asked).toMatch(/DeliveryStatus = "Expired"/);
    expect(asked).toMatch(/FailureReason = "timeout"/);
    expect(asked).toContain(`"${PAYMENTS}"`);
    const [, since = ''] = /StartTime >= "([^"]+)"/.exec(asked ?? '') ?? [];
    expect(Date.now() - Date.parse(since)).toBeGreaterThan(86_000_000);
    expect(html).toContain('<a href="/messages">Clear filters</a>');
    expect((await open('/messages')).html).not.toContain('Clear filters');
  });

  it('leads on where the newest don’t match, and others are left to look at', () => {
    const fields = { reason: 'timeout' };
    const page = {
      ...{ fields, now: new Date(), signedIn: true, tab: 'all' as const, unknownKey: undefined },
      choices: { destinations: [], sources: [] },
      counts: { all: 9_000, delayed: 0, needs_action: 9_000, scheduled: 0, under_way: 0 },
      found: { messages: [], cursor: 'next' },
    };
    const html = renderToString(h(SearchPage, page));
    expect(textOf(html)).toContain('No message was found among the newest.');
    expect(html).toContain('href="/messages?reason=timeout&amp;cursor=next">Older ones</a>');
  });

  it.each(['?tab=nonsense', '?range=1y', '?reason=nonsense', '?colour=red'])(
    'refuses %s',
    async (query) => {
      expect((await open(`/messages${query}`)).status).toBe(400);
    },
  );

  it.each(['messages', 'dead-letters'])(
    'of %s says as much of the names of others to a tenant as of names that nobody gave',
    async (list) => {
      const mine = { cookie: await signIn(api.api.url, valueOf('mine')) };
      const answers = await Promise.all(
        ['payments team', 'no such team'].map(async (destination) => {
          const query = new URLSearchParams({ destination }).toString();
          return await open(`/${list}?${query}`, mine);
        }),
      );
      expect(answers.map(({ status }) => status)).toEqual([400, 400]);
      const [others, nobodys] = answers.map(({ html }) => textOf(html));
      expect(others?.replaceAll('payments team', 'no such team')).toBe(nobodys);
      expect((await open(`/${list}?destination=operations`, mine)).status).toBe(200);
      expect((await open(`/${list}?destination=payments+team`)).status).toBe(200);
    },
  );

  it('offers so many destinations that a browser can show them, those of the page among them', async () => {
    listed = [parked('a', PAYMENTS), parked('b', 'slack:default/C0LAST')];
    const { html } = await open('/messages');
    const [, offered = ''] =
      /<datalist id="destination-choices">(.*?)<\/datalist>/s.exec(html) ?? [];
    expect(offered.match(/<option/g)).toHaveLength(200);
    expect(offered).toContain(`<option value="${PAYMENTS}">Payments team`);
    expect(offered).toContain('<option value="slack:default/C0LAST">');
  });

  it('offers no status that no search can tell from another', async () => {
    const { html } = await open('/messages');
    expect(html).not.toContain('<option value="accepted"');
    expect(html).toContain('<option value="delivering">under way</option>');
  });

  it('says of a key that nothing has what is known of it', async () => {
    const { html, status } = await open('/messages?q=pagerduty-56');
    expect(status).toBe(200);
    expect(textOf(html)).toMatch(/No message was found\. .*pagerduty-56/);
  });

  it('shows the message whose whole key was searched for first', async () => {
    listed = [parked('disk-11'), parked('disk-1')];
    const { html } = await open('/messages?q=disk-1');
    const order = [...html.matchAll(/<a href="\/messages\/(disk-\d+)">/g)].map(([, key]) => key);
    expect(order).toEqual(['disk-1', 'disk-11']);
  });
});

/** As the link to a page of older ones has it. */
const CURSOR = toCursor({
  startedAt: '2026-11-23T12:00:00.000000000Z',
  runId: '0a1b2c3d-0000-4000-8000-000000000001',
});

describe('a list that shows nothing', () => {
  const NOTHING =
    /Nothing needs|Nothing waits|under way for over|scheduled for later|no messages yet/;

  it.each(['/messages', ...TABS.map((tab) => `/messages?tab=${tab}`), '/dead-letters'])(
    'says so of all of %s, and nothing of all where it is a part',
    async (path) => {
      const list = path.startsWith('/messages') ? '/messages' : path;
      const what = list === '/messages' ? 'messages' : 'dead letters';
      const whole = await open(path);
      expect(textOf(whole.html)).toMatch(NOTHING);
      for (const part of ['reason=rate_limited', `destination=${OPS}`, `cursor=${CURSOR}`]) {
        const { html, status } = await open(`${path}${path.includes('?') ? '&' : '?'}${part}`);
        expect(status).toBe(200);
        expect(textOf(html), part).not.toMatch(NOTHING);
        expect(html).toContain(`was found. <a href="${list}">Show all ${what}</a>`);
      }
      expect(textOf((await open(`${path}${path.includes('?') ? '&' : '?'}limit=5`)).html)).toMatch(
        NOTHING,
      );
    },
  );
});

describe('the dead letters', () => {
  it('say why and what helps, and can be chosen', async () => {
    listed = [parked('a "b"', OPS, 'Disk full')];
    const { html } = await open('/dead-letters');
    expect(textOf(html)).toMatch(/Disk full .*not_in_channel \( 30m ago \) Invite the account/);
    expect(html).toMatch(
      /<input type="checkbox" name="message-0" value="a &quot;b&quot;" aria-label="Choose Disk full"/,
    );
  });

  it('have the buttons in a part of their own, which is there without dead letters too', async () => {
    const bulk = async (path = '/dead-letters') =>
      /<section id="bulk"[^>]* data-live[^>]*>(.*?)<\/section>/s.exec((await open(path)).html)?.[1];
    expect(await bulk()).toBe('');
    listed = [parked('a')];
    expect(await bulk()).toContain('Retry all …');
    expect(await bulk('/dead-letters?limit=10')).toContain('Retry all …');
    expect(await bulk('/dead-letters?reason=not_authorised')).toContain('Retry all that match …');
  });

  it('can’t be chosen by who may not decide', async () => {
    listed = [parked('a')];
    const reader = await signIn(api.api.url, valueOf('reader'));
    const { html } = await open('/dead-letters', { cookie: reader });
    expect(html).not.toContain('checkbox');
    const answer = await fetch(new URL('/dead-letters/decide', api.api.url), {
      method: 'POST',
      headers: { cookie: reader, 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ decision: 'retry-all' }),
    });
    expect(answer.status).toBe(403);
  });

  it('ask before they decide, with the number', async () => {
    const chosen = { 'message-0': 'a', 'message-7': 'b <c>' };
    const { html, status } = await submit('/dead-letters/decide', {
      decision: 'retry-chosen',
      ...chosen,
    });
    expect(status).toBe(200);
    expect(textOf(html)).toContain('Retry 2 messages?');
    expect(html).toContain('<input type="hidden" name="message-1" value="b &lt;c>"');
    expect(html).toContain('<input type="hidden" name="confirmed" value="yes"');
    expect(calls.map(({ method }) => method)).not.toContain('signalWorkflowExecution');
  });

  it('count all that match before they decide', async () => {
    listed = [parked('a'), parked('b', PAYMENTS), parked('c')];
    const all = await submit('/dead-letters/decide', { decision: 'discard-all' });
    expect(textOf(all.html)).toContain('Discard 3 dead letters?');
    const some = await submit('/dead-letters/decide', {
      ...{ decision: 'retry-all', 'filter-destination': PAYMENTS },
    });
    expect(textOf(some.html)).toContain('Retry 1 dead letter?');
    expect(some.html).toContain(`name="filter-destination" value="${PAYMENTS}"`);
  });

  it.each<[string, Record<string, string>, number, string]>([
    ['nothing chosen', { decision: 'retry-chosen' }, 400, 'choose at least one'],
    ['an unknown decision', { decision: 'explode' }, 400, 'decision'],
    ['a wrong filter', { decision: 'retry-all', 'filter-reason': 'nonsense' }, 400, 'reason'],
    ['nothing that matches', { decision: 'retry-all' }, 409, 'No dead letter matches'],
    [
      'a discard without a reason',
      { decision: 'discard-chosen', confirmed: 'yes', by: 'ana', 'message-0': 'a' },
      400,
      'reason',
    ],
  ])('refuse %s', async (_, fields, status, words) => {
    const answer = await submit('/dead-letters/decide', fields);
    expect([answer.status, textOf(answer.html).includes(words)]).toEqual([status, true]);
  });

  it('say of each that was chosen what became of it, remember the name, and go on after a refusal', async () => {
    const { headers, html, status } = await submit('/dead-letters/decide', {
      ...{ decision: 'retry-chosen', confirmed: 'yes', by: 'Ana Ö', reason: 'fixed' },
      ...{ 'message-0': 'gone-1', 'message-1': 'gone-2' },
    });
    expect(status).toBe(200);
    expect(textOf(html)).toMatch(/2 messages were not decided on/);
    expect(html.match(/No message with the key/g)).toHaveLength(2);
    const set = headers.get('set-cookie') ?? '';
    expect(set).toMatch(/^sendproof_name=Ana%20%C3%96;.*HttpOnly; SameSite=Strict/);
    const next = await submit('/dead-letters/decide', {
      decision: 'retry-chosen',
      'message-0': 'a',
    });
    expect(next.html).not.toContain('value="Ana Ö"');
    const known = await fetch(new URL('/dead-letters/decide', api.api.url), {
      method: 'POST',
      headers: { cookie: `${cookie}; ${set.split(';')[0] ?? ''}`, 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ decision: 'retry-chosen', 'message-0': 'a' }),
    });
    expect(await known.text()).toContain('name="by" value="Ana Ö"');
  });

  it('take no form of another site', async () => {
    const answer = await fetch(new URL('/dead-letters/decide', api.api.url), {
      method: 'POST',
      headers: { cookie, 'sec-fetch-site': 'cross-site' },
      body: new URLSearchParams({ decision: 'retry-all', confirmed: 'yes' }),
    });
    expect(answer.status).toBe(403);
  });
});

describe('the progress of a decision on all', () => {
  it('is refused of one that nobody made, and asks for one search', async () => {
    const { html, status } = await open('/decisions/never-made?of=3');
    expect([status, html.includes('No decision &quot;never-made&quot; is known')]).toEqual([
      404,
      true,
    ]);
    expectWithin(
      calls.map(({ method }) => method),
      mostCalls('page /decisions/{id}'),
      'progress',
    );
  });
});
