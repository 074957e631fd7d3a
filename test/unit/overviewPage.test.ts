/** The overview, over a Temporal whose counts, lists and queues are made up: what it says, to whom, and from how many calls. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectWithin, mostCalls } from '../callsToTemporal.js';
import { signIn } from '../tenantRequests.js';
import { entry, startKeysApi, valueOf, type KeysApi } from './keysApi.js';
import { asTemporalHasIt, execution, payload, time } from './listedMessages.js';
import { grpcError, type Call } from './temporalService.js';

type Answers = Partial<Record<string, (call: Call) => unknown>>;

const counted = (groups: Record<string, number>) => ({
  count: Object.values(groups).reduce((total, count) => total + count, 0),
  groups: Object.entries(groups).map(([status, count]) => ({
    groupValues: [payload(status)],
    count,
  })),
});

const working = () => ({
  pollers: [{ lastAccessTime: time(Date.now()), identity: 'worker' }],
  stats: { approximateBacklogCount: 0, tasksDispatchRate: 0 },
  statsByPriorityKey: {},
});

const waitingFor = (seconds: number) => ({ approximateBacklogAge: { seconds } });

let api: KeysApi;
let calls: string[] = [];
let answers: Answers = {};

beforeEach(async () => {
  calls = [];
  answers = { describeTaskQueue: working };
  api = await startKeysApi(
    {
      keys: [
        entry('all', ['admin']),
        entry('mine', ['admin'], { tenant: 'mine', destinations: ['slack:*'] }),
      ],
      accounts: { slack: { second: { token: { env: 'SECOND' } } } },
      sources: {
        ci: { type: 'generic', token: { env: 'HOOK' }, map: { key: 'id', title: 'title' } },
      },
      routes: [{ name: 'all', to: ['slack:default/C0123ABC'] }],
    },
    { HOOK: 'x'.repeat(32), SECOND: 'unused' },
  );
  api.answer = (call) => {
    const { execution: asked } = call.request as { execution?: { workflowId?: string } };
    if (asked?.workflowId?.startsWith('sendproof/session/')) return undefined;
    calls.push(call.method);
    return asTemporalHasIt(call.method, answers[call.method]?.(call));
  };
});
afterEach(() => api.close());

async function open(path = '/', key = 'all') {
  const cookie = await signIn(api.api.url, valueOf(key));
  calls = [];
  const answer = await fetch(new URL(path, api.api.url), {
    headers: { cookie, 'sec-fetch-site': 'same-origin' },
    redirect: 'manual',
  });
  return { status: answer.status, html: await answer.text() };
}

/** What a person reads. */
const textOf = (html: string): string =>
  html
    .replace(/<head>.*<\/head>/s, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');

describe('the overview', () => {
  it('says that all is well, from few calls, which whoever asks next shares', async () => {
    const { html, status } = await open();
    expect(status).toBe(200);
    expect(textOf(html)).toContain('All is well');
    expect(textOf(html)).toContain('Nothing needs a decision.');
    expectWithin(calls, mostCalls('page /'), 'page /');
    const cookie = await signIn(api.api.url, valueOf('all'));
    calls = [];
    const again = () => fetch(new URL('/', api.api.url), { headers: { cookie } });
    const both = await Promise.all([again(), again()]);
    expect(both.map((answer) => answer.status)).toEqual([200, 200]);
    expectWithin(calls, mostCalls('page /'), 'both');
  });

  it('asks who has not signed in to sign in, and comes back', async () => {
    const answer = await fetch(new URL('/', api.api.url), { redirect: 'manual' });
    expect(answer.headers.get('location')).toBe('/sign-in?to=%2F');
    const signedIn = await fetch(new URL('/sign-in', api.api.url), {
      method: 'POST',
      redirect: 'manual',
      headers: { 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ key: valueOf('all'), to: '/' }),
    });
    expect(signedIn.headers.get('location')).toBe('/');
  });

  it('counts the messages of the last day by outcome, in a table whose bars need no script', async () => {
    answers.countWorkflowExecutions = ({ request }) => {
      const query = String(request.query);
      if (!query.includes('GROUP BY')) return counted({});
      return query.includes('"Muted"')
        ? counted({ Running: 3, Failed: 1, Completed: 20 })
        : counted({ Running: 5, Failed: 4, Completed: 1_020, Canceled: 2, ContinuedAsNew: 9 });
    };
    const { html } = await open();
    expect(textOf(html)).toMatch(
      /Confirmed 1,000 Under way 2 Needs a decision 3 Discarded 3 Expired 1 Cancelled 2 Not posted, as configured 20/,
    );
    expect(html).toMatch(/<svg[^>]* aria-hidden="true"[^>]*><rect class="confirmed" width="100"/);
    expect(html).toContain('<rect class="under_way" width="0.6"');
    expect(html).not.toContain('style=');
  });

  it('tells how long messages took, and of a muted one nothing', async () => {
    const now = Date.now();
    answers.listWorkflowExecutions = ({ request }) => {
      if (!String(request.query).includes('CloseTime')) return undefined;
      const ended = Array.from({ length: 100 }, (_, index) =>
        execution({
          id: `k${index}`,
          startedMs: now - 60_000,
          tookMs: (index + 1) * 10,
          attributes: { Source: 'ci' },
        }),
      );
      const muted = execution({
        ...{ id: 'muted', startedMs: now - 900_000, tookMs: 800_000 },
        attributes: { DeliveryStatus: 'Muted' },
      });
      return { executions: [...ended, muted], nextPageToken: new Uint8Array() };
    };
    const text = textOf((await open()).html);
    expect(text).toContain('Time to confirm, median 500ms');
    expect(text).toContain('Time to confirm, 95 % 950ms');
    expect(text).toMatch(/Of the 100 messages confirmed in the last 24 hours/);
    expect(text).toMatch(/ci generic 1m ago none/);
  });

  it('says what needs a decision: how many, since when, and why', async () => {
    const oldest = Date.now() - 7_200_000;
    answers.listWorkflowExecutions = ({ request }) => {
      if (!String(request.query).includes('"DeadLettered"')) return undefined;
      const parked = ['not_authorised', 'timeout', 'not_authorised'].map((reason, index) =>
        execution({
          id: `k${index}`,
          startedMs: oldest + index * 60_000,
          attributes: { DeliveryStatus: 'DeadLettered', FailureReason: reason },
          memo: {
            deadLetters: [
              {
                destination: 'slack:default/C0123ABC',
                ...{ reason, detail: 'x' },
                at: new Date(oldest + index * 60_000).toISOString(),
              },
            ],
          },
        }),
      );
      return { executions: parked, nextPageToken: new Uint8Array() };
    };
    const { html } = await open();
    const text = textOf(html);
    expect(text).toContain('One thing needs attention');
    expect(text).toContain('3 dead letters need a decision: retry or discard.');
    expect(text).toMatch(/3 dead letters of 3 messages; the oldest 2h ago/);
    expect(text).toMatch(/not authorised 2 2h ago Invite/);
    expect(html).toContain('href="/dead-letters?reason=not_authorised"');
  });

  it('says which accounts work, which are held back and why, and when a message sent now is delivered', async () => {
    answers.describeTaskQueue = ({ request }) => {
      const { name } = request.taskQueue as { name: string };
      if (name.endsWith('.slack.second')) {
        return {
          ...working(),
          config: {
            queueRateLimit: {
              rateLimit: { requestsPerSecond: 0 },
              metadata: { reason: 'sendproof: Slack rejects the token' },
            },
          },
        };
      }
      if (!name.endsWith('.slack.default')) return working();
      return {
        ...working(),
        config: { queueRateLimit: { rateLimit: { requestsPerSecond: 2 } } },
        stats: { ...waitingFor(60), approximateBacklogCount: 90, tasksDispatchRate: 1.5 },
      };
    };
    const text = textOf((await open()).html);
    expect(text).toContain('The account slack:second is held back: Slack rejects the token');
    expect(text).toMatch(/slack:default working in about 1m 90 1\.5\/s now, at most 2\/s/);
    expect(text).toMatch(/slack:second held back Slack rejects the token unknown/);
  });

  it('shows a tenant its own accounts, and no counts of what others send', async () => {
    answers.describeTaskQueue = () => ({
      ...working(),
      stats: { ...waitingFor(400), approximateBacklogCount: 4_711, tasksDispatchRate: 10 },
    });
    const { html } = await open('/', 'mine');
    expect(textOf(html)).toMatch(/slack:default working in about 7m 51s/);
    expect(html).not.toMatch(/4,?711/);
    expect(textOf(html)).not.toContain('teams:');
  });

  it('says that no worker polls', async () => {
    answers.describeTaskQueue = () => ({ pollers: [] });
    expect(textOf((await open()).html)).toContain('No worker polls');
  });

  it('does not say that all is well where the state of an account or of the workers can’t be read', async () => {
    answers.describeTaskQueue = ({ request }) => {
      const { name } = request.taskQueue as { name: string };
      if (name.endsWith('.slack.second')) throw grpcError(14, 'no connection');
      return working();
    };
    const one = textOf((await open()).html);
    expect(one).toContain('One thing needs attention');
    expect(one).toContain('The state of the account slack:second can’t be read from Temporal.');
  });

  it('says that Temporal does not answer, and what is known besides', async () => {
    const away = () => {
      throw grpcError(14, 'no connection');
    };
    answers = {
      countWorkflowExecutions: away,
      describeTaskQueue: away,
      listWorkflowExecutions: away,
    };
    const { html, status } = await open();
    expect(status).toBe(503);
    expect(textOf(html)).toMatch(/One thing needs attention/);
    expect(textOf(html)).toMatch(/slack:default not known unknown/);
    expect(textOf(html)).not.toContain('can’t be read from Temporal');
  });

  it('shows text of senders and platforms as text', async () => {
    answers.describeTaskQueue = () => ({
      ...working(),
      config: {
        queueRateLimit: {
          rateLimit: { requestsPerSecond: 0 },
          metadata: { reason: '<script>alert(1)</script>' },
        },
      },
    });
    expect((await open()).html).not.toContain('<script>alert');
  });
});
