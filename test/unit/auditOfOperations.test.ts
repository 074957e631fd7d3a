/** The audit lines: of every writing operation of the OpenAPI document that succeeds, and of every request that is refused. */
import proto from '@temporalio/proto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { operations } from '../openapiOperations.js';
import { eventually } from '../eventually.js';
import { entry, startKeysApi, valueOf, type KeysApi } from './keysApi.js';
import { rawRequest } from './rawRequest.js';
import type { Call } from './temporalService.js';

const DESTINATION = 'slack:default/C0123ABC';
const CONTENT = 'what nobody may read in a log';
const [OPS, READER, NARROW] = ['ops', 'reader', 'narrow'].map(valueOf);
const SOURCE_TOKEN = 'source-token-'.padEnd(43, 't');
const DECISION = '1.0a1b2c3d-0000-4000-8000-000000000009';
const BATCH = 'nightly';

/** Operations that change nothing, and have a body all the same. */
const READING = ['post /v1/codec/decode', 'post /v1/codec/encode'];

const message = (deduplicationKey: string) => ({
  deduplicationKey,
  destinations: [DESTINATION],
  content: { text: CONTENT },
});
const event = { key: 'disk-full', source: 'hosts', title: CONTENT };
const decision = { by: 'Ada', reason: CONTENT };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const alerts = {
  version: '4',
  groupKey: 'g',
  status: 'firing',
  receiver: 'r',
  groupLabels: {},
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://a',
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'a' },
      annotations: { summary: CONTENT },
      startsAt: '2026-11-26T10:00:00Z',
      endsAt: '0001-01-01T00:00:00Z',
      fingerprint: 'f',
    },
  ],
};

interface Sent {
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A request of each writing operation that succeeds, and what its line has beside who and where. */
const WRITING: Record<string, { sent: Sent; line: object }> = {
  'post /v1/messages': {
    sent: { path: '/v1/messages', body: message('one') },
    line: { action: 'send', outcome: 'accepted', message: 'one' },
  },
  'post /v1/messages/batch': {
    sent: { path: '/v1/messages/batch', body: { messages: [message('one')] } },
    line: { action: 'send', outcome: 'accepted', message: 'one' },
  },
  'post /v1/events': {
    sent: { path: '/v1/events', body: event },
    line: { action: 'send', outcome: 'accepted', event: 'disk-full' },
  },
  'post /v1/events/batch': {
    sent: { path: '/v1/events/batch', body: { events: [event] } },
    line: { action: 'send', outcome: 'accepted', event: 'disk-full' },
  },
  'post /v1/sources/{name}': {
    sent: { path: '/v1/sources/monitoring', body: alerts, headers: bearer(SOURCE_TOKEN) },
    line: { action: 'send', outcome: 'accepted', source: 'monitoring' },
  },
  'post /v1/sources/{name}/{token}': {
    sent: { path: `/v1/sources/pathed/${SOURCE_TOKEN}`, body: { text: CONTENT } },
    line: { action: 'send', outcome: 'accepted', source: 'pathed' },
  },
  'patch /v1/messages/{key}': {
    sent: { path: '/v1/messages/open', body: { deliverAt: null } },
    line: { action: 'reschedule', outcome: 'accepted', message: 'open', by: 'ops' },
  },
  'delete /v1/messages/{key}': {
    sent: { path: '/v1/messages/open' },
    line: { action: 'cancel', outcome: 'accepted', message: 'open', by: 'ops' },
  },
  'post /v1/messages/{key}/retry': {
    sent: { path: '/v1/messages/open/retry', body: decision },
    line: { action: 'retry', outcome: 'accepted', message: 'open', by: 'ops (claimed: Ada)' },
  },
  'post /v1/messages/{key}/discard': {
    sent: { path: '/v1/messages/open/discard', body: decision },
    line: { action: 'discard', outcome: 'accepted', message: 'open', by: 'ops (claimed: Ada)' },
  },
  'post /v1/dead-letters/retry': {
    sent: { path: '/v1/dead-letters/retry', body: { ...decision, id: DECISION, filter: {} } },
    line: { action: 'retry', outcome: 'accepted', destinations: [DESTINATION] },
  },
  'post /v1/dead-letters/discard': {
    sent: { path: '/v1/dead-letters/discard', body: { ...decision, id: DECISION, filter: {} } },
    line: { action: 'discard', outcome: 'accepted', destinations: [DESTINATION] },
  },
  'delete /v1/batches/{id}': {
    sent: { path: `/v1/batches/${BATCH}` },
    line: { action: 'cancel', outcome: 'accepted', batch: BATCH, by: 'ops' },
  },
};

const writing = operations
  .filter(({ method }) => method !== 'get')
  .map(({ method, path }) => `${method} ${path}`);

let api: KeysApi;
let open: KeysApi;
/** The decision that Temporal was asked for. */
let decided: string | undefined;
beforeAll(async () => {
  const secret = { env: 'SOURCE_TOKEN' };
  const sources = {
    monitoring: { type: 'alertmanager', bearer: secret },
    pathed: { type: 'slack-webhook', token: secret },
  };
  const routes = [{ name: 'all', to: [DESTINATION] }];
  const keys = [
    entry('ops', ['send', 'decide', 'read']),
    entry('reader', ['read']),
    entry('narrow', ['send', 'decide', 'read'], { destinations: ['slack:other/*'] }),
  ];
  api = await startKeysApi({ keys, sources, routes }, { SOURCE_TOKEN });
  api.answer = answer;
  open = await startKeysApi({ routes });
  open.answer = answer;
});
afterAll(async () => {
  await api.close();
  await open.close();
});
beforeEach(() => {
  decided = undefined;
});

type Line = Record<string, unknown>;

/** What requests log, which is so many lines. That of a refusal follows its answer. */
async function linesOf(
  act: () => Promise<unknown>,
  { count = 1, of = api }: { count?: number; of?: KeysApi } = {},
): Promise<Line[]> {
  const before = of.audit().length;
  await act();
  await eventually(() => expect(of.audit().length).toBeGreaterThanOrEqual(before + count));
  const lines = of.audit().slice(before);
  const text = JSON.stringify(lines);
  for (const secret of [OPS, READER, NARROW, SOURCE_TOKEN, CONTENT]) {
    expect(text).not.toContain(secret);
  }
  return lines;
}

function send(operation: string, key: string | undefined, more: Record<string, string> = {}) {
  const { body, headers, path } = WRITING[operation]?.sent ?? { path: '/' };
  const [method = ''] = operation.split(' ');
  return api.request(method.toUpperCase(), path, {
    ...{ key, body },
    headers: { ...headers, ...more },
  });
}

it('is known of every operation that changes something', () => {
  expect(Object.keys(WRITING).sort()).toEqual(
    writing.filter((each) => !READING.includes(each)).sort(),
  );
});

describe.each(Object.entries(WRITING))('%s', (operation, { line, sent }) => {
  const isOfSource = operation.includes('/sources/');
  it('leaves one line that says who did it', async () => {
    const lines = await linesOf(async () => {
      const { status, text } = await send(operation, isOfSource ? undefined : OPS);
      expect([200, 202], text).toContain(status);
    });
    expect(lines).toEqual([expect.objectContaining({ kind: 'audit', ...line })]);
    if (!isOfSource) expect(lines[0]?.key).toBe('ops');
  });

  it('leaves one line where who asks is not known', async () => {
    const lines = await linesOf(async () => {
      const { status } = await api.request(
        operation.split(' ')[0]?.toUpperCase() ?? '',
        sent.path.replace(SOURCE_TOKEN, 'x'),
        { body: sent.body },
      );
      expect(status).toBe(401);
    });
    expect(lines).toEqual([
      expect.objectContaining({
        ...{ kind: 'audit', action: 'request', outcome: 'refused', address: '127.0.0.1' },
        problem: isOfSource ? 'not_authentic' : 'not_authenticated',
        ...(isOfSource && {
          source: sent.path.split('/')[3],
          reason: expect.any(String) as string,
        }),
      }),
    ]);
    expect(lines[0]).not.toHaveProperty('key');
  });
});

it.each(Object.keys(WRITING).filter((each) => !each.includes('/sources/')))(
  '%s leaves one line where the key may not do it, and where a page of another site asks',
  async (operation) => {
    const byKey = await linesOf(async () => {
      expect((await send(operation, READER)).status).toBe(403);
    });
    const byPage = await linesOf(async () => {
      const { status } = await send(operation, OPS, { 'sec-fetch-site': 'cross-site' });
      expect(status).toBe(403);
    });
    expect([...byKey, ...byPage]).toMatchObject([
      { action: 'request', key: 'reader', outcome: 'refused', problem: 'not_allowed' },
      { action: 'request', outcome: 'refused', problem: 'foreign_site' },
    ]);
  },
);

it('an item of a batch that may not be sent leaves a line of its own', async () => {
  for (const [path, body, line] of [
    ['/v1/messages/batch', { messages: [message('one'), 7] }, { message: 'one' }],
    ['/v1/events/batch', { events: [event, null] }, { event: 'disk-full' }],
  ] as const) {
    const lines = await linesOf(() => api.request('POST', path, { key: NARROW, body }));
    expect(lines).toEqual([
      expect.objectContaining({
        ...{ action: 'send', key: 'narrow', outcome: 'refused', problem: 'not_allowed' },
        ...line,
      }),
    ]);
  }
});

it.each(['GET /healthz', 'GET /readyz', 'GET /openapi.json', 'GET /messages', 'POST /v1/messages'])(
  '%s under a foreign name leaves a line, also where no key is needed',
  async (asked) => {
    const foreign = () => rawRequest(open.api.url, asked, [], Buffer.alloc(0), 'rebound.example');
    if (asked === 'GET /healthz') {
      expect((await foreign()).status).toBe(200);
      return;
    }
    const lines = await linesOf(foreign, { of: open });
    expect(lines).toEqual([
      expect.objectContaining({ outcome: 'refused', problem: 'wrong_host', address: '127.0.0.1' }),
    ]);
    expect(JSON.stringify(lines)).not.toContain('rebound');
  },
);

it('a source that is not known leaves a line without its name', async () => {
  const lines = await linesOf(() => api.request('POST', '/v1/sources/monitorin', { body: {} }));
  expect(lines).toMatchObject([{ outcome: 'refused', problem: 'not_authentic' }]);
  expect(JSON.stringify(lines)).not.toContain('monitorin');
});

describe('the pages', () => {
  const own = { 'sec-fetch-site': 'same-origin' };
  const form = (of: KeysApi, path: string, fields: Record<string, string>, headers: object = own) =>
    fetch(of.api.url + path, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams(fields),
      headers: { ...headers },
    });

  it('leave a line of who signs in, out, and may not', async () => {
    const lines = await linesOf(
      async () => {
        await form(api, '/sign-in', { key: 'wrong' });
        const { headers } = await form(api, '/sign-in', { key: OPS ?? '' });
        const cookie = headers.get('set-cookie')?.split(';')[0] ?? '';
        await form(api, '/sign-out', {}, { ...own, cookie });
      },
      { count: 3 },
    );
    expect(lines).toMatchObject([
      {
        ...{ action: 'sign_in', outcome: 'refused', problem: 'not_authenticated' },
        operation: 'POST /sign-in',
      },
      { action: 'sign_in', outcome: 'accepted', key: 'ops' },
      { action: 'sign_out', outcome: 'accepted', key: 'ops' },
    ]);
    for (const line of lines) expect(line).toMatchObject({ address: '127.0.0.1' });
  });

  it('leave a line of a form of another site, also where no key is needed', async () => {
    const foreign = { 'sec-fetch-site': 'cross-site' };
    for (const path of ['/messages/open/retry', '/batches/nightly/cancel']) {
      const lines = await linesOf(() => form(open, path, {}, foreign), { of: open });
      expect(lines).toMatchObject([
        {
          action: 'request',
          outcome: 'refused',
          problem: 'foreign_form',
          operation: `POST ${path.replace('/open/', '/:key/').replace('/nightly/', '/:id/')}`,
        },
      ]);
    }
    const lines = await linesOf(() => form(api, '/sign-in', { key: OPS ?? '' }, foreign));
    expect(lines).toMatchObject([{ action: 'sign_in', problem: 'foreign_form' }]);
  });
});

const {
  DescribeWorkflowExecutionResponse,
  GetWorkflowExecutionHistoryResponse,
  ListWorkflowExecutionsResponse,
} = proto.temporal.api.workflowservice.v1;
const NOW = { seconds: 1_764_158_400, nanos: 0 };
const RUN = '0a1b2c3d-0000-4000-8000-000000000003';

const payload = (value: unknown, type?: string) => ({
  metadata: {
    encoding: Buffer.from('json/plain'),
    ...(type !== undefined && { type: Buffer.from(type) }),
  },
  data: Buffer.from(JSON.stringify(value)),
});

const described = (workflowId: string, type: string, memo: object, attributes: object = {}) => ({
  execution: { workflowId, runId: RUN },
  type: { name: type },
  taskQueue: 'sendproof',
  status: 1,
  startTime: NOW,
  executionTime: NOW,
  historyLength: 9,
  memo: {
    fields: Object.fromEntries(Object.entries(memo).map(([name, value]) => [name, payload(value)])),
  },
  searchAttributes: { indexedFields: attributes },
});

/** A message with a dead letter. */
const MESSAGE = described(
  'open',
  'deliverMessage',
  {
    destinations: [DESTINATION],
    deadLetters: [
      {
        destination: DESTINATION,
        reason: 'timeout',
        detail: 'no answer',
        at: '2026-11-26T10:00:00Z',
      },
    ],
  },
  { DeliveryStatus: payload('DeadLettered', 'Keyword') },
);

const BATCH_RUN = described(`sendproof/batch/${BATCH}`, 'batch', {
  fingerprint: 'f',
  startToken: 's',
  chunkSizes: [1],
  refused: 0,
  traceId: 'a'.repeat(32),
});

const queueWith = (id: string) =>
  described(
    `dlq/${DESTINATION}`,
    'deadLetterQueue',
    { decisions: [{ id, action: 'retry', by: 'x', reason: 'y', filter: {}, decided: 0 }] },
    { Destination: payload([DESTINATION], 'KeywordList') },
  );

function history() {
  const input = {
    content: { text: 'x' },
    priority: 3,
    onAmbiguous: 'retry',
    deliveries: [
      {
        destination: DESTINATION,
        taskQueue: 'q',
        fairnessKey: 'k',
        retry: {},
        requestTimeoutMs: 1,
      },
    ],
    traceId: '0'.repeat(32),
  };
  const started = {
    eventId: 1,
    eventTime: NOW,
    eventType: 1,
    workflowExecutionStartedEventAttributes: { input: { payloads: [payload(input)] } },
  };
  const signaled = decided !== undefined && {
    eventId: 2,
    eventTime: NOW,
    eventType: 26,
    workflowExecutionSignaledEventAttributes: {
      signalName: decided,
      input: { payloads: [payload({ by: 'ops', reason: 'r' })] },
    },
  };
  return GetWorkflowExecutionHistoryResponse.fromObject({
    history: { events: [started, ...(signaled ? [signaled] : [])] },
  });
}

const COMPLETED = {
  updateRef: { workflowExecution: { workflowId: 'any', runId: RUN } },
  stage:
    proto.temporal.api.enums.v1.UpdateWorkflowExecutionLifecycleStage
      .UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED,
  outcome: { success: { payloads: [payload({})] } },
};

const listed = (execution: object) =>
  ListWorkflowExecutionsResponse.fromObject({ executions: [execution] });

/** Temporal with one message and one batch. */
function answer({ method, request }: Call): unknown {
  const { workflowId = '' } = (request.execution ?? {}) as { workflowId?: string };
  const { query = '' } = request as { query?: string };
  switch (method) {
    case 'describeWorkflowExecution':
      if (workflowId.startsWith('sendproof/session/')) return undefined;
      return DescribeWorkflowExecutionResponse.fromObject({
        workflowExecutionInfo: workflowId === 'open' ? MESSAGE : BATCH_RUN,
      });
    case 'getWorkflowExecutionHistory':
      return history();
    case 'signalWorkflowExecution':
      decided = (request as { signalName: string }).signalName;
      return {};
    case 'requestCancelWorkflowExecution':
      return {};
    case 'updateWorkflowExecution':
      return COMPLETED;
    case 'executeMultiOperation':
      return { responses: [{ startWorkflow: { runId: RUN } }, { updateWorkflow: COMPLETED }] };
    case 'listWorkflowExecutions':
      if (query.includes('deadLetterQueue')) return listed(queueWith(DECISION));
      return query.includes('DeadLettered') ? listed(MESSAGE) : undefined;
    default:
      return undefined;
  }
}
