/** What a confirmed decision on several dead letters is about: what was counted and filtered, and nothing else. */
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import proto from '@temporalio/proto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signIn } from '../tenantRequests.js';
import { entry, startKeysApi, valueOf, type KeysApi } from './keysApi.js';
import { asTemporalHasIt, execution, payload, time } from './listedMessages.js';
import { grpcError, type Call } from './temporalService.js';

const OPS = 'slack:default/C0123ABC';
const PAYMENTS = 'slack:default/C0PAY';
const RUN = '0a1b2c3d-0000-4000-8000-000000000001';
const COUNTED_AT = '2026-11-26T10:00:00.250Z';
const LATER = '2026-11-26T10:20:00.000Z';

const { DescribeWorkflowExecutionResponse, GetWorkflowExecutionHistoryResponse } =
  proto.temporal.api.workflowservice.v1;

let api: KeysApi;
let cookie = '';
let listed: ReturnType<typeof execution>[] = [];
/** What each message was signalled, and each queue was asked for. */
let signals: { key: string; signal: unknown }[] = [];
let updates: unknown[] = [];
let signallingFails: string[] = [];

const deadLetter = (destination: string, reason: string, at = COUNTED_AT) => ({
  ...{ destination, reason, detail: 'refused', at },
});

const parked = (id: string, ...deadLetters: ReturnType<typeof deadLetter>[]) =>
  execution({
    ...{ id, startedMs: Date.parse(COUNTED_AT) },
    attributes: { DeliveryStatus: 'DeadLettered' },
    memo: { destinations: deadLetters.map(({ destination }) => destination), deadLetters },
  });

const valueIn = (input: unknown): unknown => {
  const [first] = (input as { payloads: Payload[] }).payloads;
  return first && defaultPayloadConverter.fromPayload(first);
};

function historyOf(key: string) {
  const deliveries = [OPS, PAYMENTS].map((destination) => ({
    ...{ destination, taskQueue: 'q', fairnessKey: 'k', retry: {}, requestTimeoutMs: 1 },
  }));
  const content = { content: { text: 'x' }, priority: 3, onAmbiguous: 'retry' };
  const input = { ...content, deliveries, traceId: '0'.repeat(32) };
  const started = {
    ...{ eventId: 1, eventType: 1, eventTime: time(Date.parse(COUNTED_AT)) },
    workflowExecutionStartedEventAttributes: { input: { payloads: [payload(input)] } },
  };
  const signalled = signals
    .filter((each) => each.key === key)
    .map(({ signal }, index) => ({
      ...{ eventId: index + 2, eventType: 26, eventTime: time(Date.now()) },
      workflowExecutionSignaledEventAttributes: {
        signalName: 'retry',
        input: { payloads: [payload(signal)] },
      },
    }));
  return GetWorkflowExecutionHistoryResponse.fromObject({
    history: { events: [started, ...signalled] },
  });
}

function answer({ method, request }: Call): unknown {
  const {
    execution: asked,
    query,
    workflowExecution,
  } = request as {
    execution?: { workflowId?: string };
    workflowExecution?: { workflowId?: string };
    query?: string;
  };
  const key = asked?.workflowId ?? workflowExecution?.workflowId ?? '';
  if (key.startsWith('sendproof/session/')) return undefined;
  switch (method) {
    case 'listWorkflowExecutions':
      // An accepted decision that can't be followed.
      if (query?.includes('deadLetterQueue')) throw grpcError(8, 'rate limit exceeded');
      return asTemporalHasIt(method, { executions: listed });
    case 'executeMultiOperation': {
      const [, { updateWorkflow }] = request.operations as [
        unknown,
        { updateWorkflow: { request: { input: { args: unknown } } } },
      ];
      updates.push(valueIn(updateWorkflow.request.input.args));
      const updated = {
        updateRef: { workflowExecution: { workflowId: 'any', runId: RUN } },
        stage:
          proto.temporal.api.enums.v1.UpdateWorkflowExecutionLifecycleStage
            .UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED,
        outcome: { success: { payloads: [payload({})] } },
      };
      return { responses: [{ startWorkflow: { runId: RUN } }, { updateWorkflow: updated }] };
    }
    case 'signalWorkflowExecution':
      if (signallingFails.includes(key)) throw grpcError(13, 'internal');
      signals.push({ key, signal: valueIn(request.input) });
      return {};
    case 'describeWorkflowExecution': {
      const found = listed.find((each) => each.execution.workflowId === key);
      if (!found) throw grpcError(5, 'workflow not found');
      // What was decided on has ended at once, so that no result is waited for.
      const ended = execution({ id: key, startedMs: Date.parse(COUNTED_AT), tookMs: 1_000 });
      const workflowExecutionInfo = signals.some((each) => each.key === key) ? ended : found;
      return DescribeWorkflowExecutionResponse.fromObject({ workflowExecutionInfo });
    }
    case 'getWorkflowExecutionHistory':
      return historyOf(key);
    default:
      return undefined;
  }
}

beforeAll(async () => {
  api = await startKeysApi({
    keys: [entry('all', ['admin'])],
    names: { [PAYMENTS]: 'Payments team' },
  });
  api.answer = answer;
  cookie = await signIn(api.api.url, valueOf('all'));
});
afterAll(() => api.close());
beforeEach(() => {
  listed = [];
  signals = [];
  updates = [];
  signallingFails = [];
});

async function submit(fields: Record<string, string>) {
  const answered = await fetch(new URL('/dead-letters/decide', api.api.url), {
    method: 'POST',
    headers: { cookie, 'sec-fetch-site': 'same-origin' },
    redirect: 'manual',
    body: new URLSearchParams(fields),
  });
  const html = await answered.text();
  const text = html
    .replace(/<head>.*<\/head>/s, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');
  return { status: answered.status, html, text, headers: answered.headers };
}

const CONFIRMED = { confirmed: 'yes', by: 'Ana', reason: 'fixed' };

/** The hidden fields of a question, as its form sends them. */
const hiddenFields = (html: string) =>
  Object.fromEntries(
    [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(
      ([, name = '', value = '']) => [name, value],
    ),
  );

describe('a decision on all that match', () => {
  it('leaves alone what came after the question, and stands where it can’t be followed', async () => {
    listed = [
      parked('a', deadLetter(OPS, 'timeout', '2026-11-26T09:00:00.000Z')),
      parked('b', deadLetter(OPS, 'timeout')),
    ];
    const { html, text } = await submit({ decision: 'discard-all' });
    expect(text).toContain('Discard 2 dead letters?');
    expect(hiddenFields(html)).toMatchObject({ 'filter-at': COUNTED_AT });

    listed.push(
      parked('c', deadLetter(OPS, 'timeout', LATER)),
      parked('d', deadLetter(PAYMENTS, 'timeout', LATER)),
    );
    const { headers, status } = await submit({ ...hiddenFields(html), ...CONFIRMED });
    expect(status).toBe(303);
    expect(headers.get('location')).toMatch(/\?of=2$/);
    expect(updates).toMatchObject([{ filter: { at: COUNTED_AT } }]);
  });

  it.each([
    ['no time', {}, 2, {}],
    ['a time', { at: COUNTED_AT }, 1, { at: COUNTED_AT }],
    ['a time in another zone', { at: '2026-11-26T12:00:00.250+02:00' }, 1, {}],
  ])('over HTTP means and counts what it says, with %s', async (_, filter, deadLetters, sent) => {
    listed = [
      parked('a', deadLetter(OPS, 'timeout')),
      parked('b', deadLetter(OPS, 'timeout', LATER)),
    ];
    const request = (body: object) =>
      api.request('POST', '/v1/dead-letters/retry', { key: valueOf('all'), body });
    const counted = await request({ filter, dryRun: true });
    expect(counted).toMatchObject({ status: 200, body: { deadLetters } });
    const decided = await request({ filter, by: 'Ana', reason: 'fixed' });
    expect(decided).toMatchObject({ status: 202, body: { deadLetters, pending: 0 } });
    expect(updates).toMatchObject([{ by: 'all (claimed: Ana)', filter: sent }]);
  });

  it('refuses what is no time', async () => {
    const body = { filter: { at: 'noon' }, by: 'Ana', reason: 'fixed' };
    const refused = await api.request('POST', '/v1/dead-letters/retry', {
      key: valueOf('all'),
      body,
    });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ field: 'filter.at' }] } });
  });
});

describe('a decision on the chosen', () => {
  const choice = (filter: Record<string, string>, ...keys: string[]) => ({
    decision: 'retry-chosen',
    ...filter,
    ...Object.fromEntries(keys.map((key, index) => [`message-${index}`, key])),
  });

  it.each<[string, Record<string, string>, (string | undefined)[], string]>([
    ['nothing', {}, [undefined], 'all dead letters of these messages'],
    [
      'a destination',
      { 'filter-destination': PAYMENTS },
      [PAYMENTS],
      `at Payments team (${PAYMENTS})`,
    ],
    ['the name of one', { 'filter-destination': 'payments team' }, [PAYMENTS], 'at Payments team'],
    ['a reason', { 'filter-reason': 'timeout' }, [OPS], 'for the reason “timeout”'],
    [
      'both, which nothing matches',
      { 'filter-destination': PAYMENTS, 'filter-reason': 'timeout' },
      [],
      'at Payments team',
    ],
  ])('is about what the list was filtered by: %s', async (_, filter, destinations, words) => {
    listed = [parked('a', deadLetter(OPS, 'timeout'), deadLetter(PAYMENTS, 'not_authorised'))];
    const question = await submit(choice(filter, 'a'));
    expect(question.text).toContain(words);
    const { status, text } = await submit({ ...hiddenFields(question.html), ...CONFIRMED });
    expect(status).toBe(200);
    expect(signals.map(({ signal }) => (signal as { destination?: string }).destination)).toEqual(
      destinations,
    );
    expect(text).toContain(
      destinations.length === 0 ? 'no dead letter that the filter matches' : '1 message sent again',
    );
  });

  it('shows the results of the others where one can’t be known', async () => {
    listed = ['a', 'b', 'c'].map((key) => parked(key, deadLetter(OPS, 'timeout')));
    signallingFails = ['b'];
    const { status, text } = await submit({ ...choice({}, 'a', 'b', 'c', 'a'), ...CONFIRMED });
    expect(status).toBe(200);
    expect(signals.map(({ key }) => key).sort()).toEqual(['a', 'c']);
    expect(text).toContain('2 messages sent again');
    expect(text).toContain('Of 1 message it is not known');
    expect(text).toContain('b not known: look at the message');
  });

  it('is about 100 messages at most', async () => {
    const keys = Array.from({ length: 101 }, (_, index) => `m-${index}`);
    const refused = await submit(choice({}, ...keys));
    expect([refused.status, refused.text.includes('choose at most 100 messages')]).toEqual([
      400,
      true,
    ]);
    expect((await submit(choice({}, ...keys.slice(1)))).status).toBe(200);
  });
});

it.each([
  ['is remembered', 'Ana', 200, true],
  ['is not remembered if it makes a large cookie', '名'.repeat(1_000), 200, false],
  ['is not remembered if it is not valid', 'x'.repeat(1_001), 400, false],
])('the name %s', async (_, by, status, isRemembered) => {
  const answered = await submit({
    ...{ decision: 'retry-chosen', confirmed: 'yes', 'message-0': 'gone', by },
  });
  expect(answered.status).toBe(status);
  expect(answered.headers.get('set-cookie')?.startsWith('sendproof_name=') ?? false).toBe(
    isRemembered,
  );
});
