/**
 * Whatever a caller of a tenant asks for, Temporal is asked for that tenant's workflows alone. Every operation of the OpenAPI
 * document and every page is tried, with ids of another tenant in every form.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, requestsAbout, signIn } from '../tenantRequests.js';
import { entry, startKeysApi, valueOf, type KeysApi } from './keysApi.js';
import { WRITE_PROOF } from '../../src/contract/names.js';
import { grpcError, type Call } from './temporalService.js';

const MINE = 'sendproof/tenant/mine/';
const BATCH = 'sendproof/batch/';

/** Temporal knows nothing of the workflow that these ask for. */
const UNKNOWN = ['describeWorkflowExecution', 'getWorkflowExecutionHistory'];

/** Of another tenant, of nobody, of sendproof's own, and some that try to lead out of the tenant. */
const FOREIGN = [
  'incident-7',
  'sendproof/tenant/theirs/incident-7',
  'sendproof/tenant/mine',
  'sendproof/tenant/Mine/incident-7',
  'sendproof/notice/x',
  'sendproof/batch/sendproof/tenant/theirs/nightly',
  'dlq/slack:default/C0123ABC',
  '../theirs/incident-7',
  'k'.repeat(255),
];

let api: KeysApi;
let cookie: string;
let calls: Call[] = [];
beforeAll(async () => {
  const source = {
    type: 'generic',
    token: { env: 'HOOK_TOKEN' },
    map: { key: 'id', title: 'title' },
  };
  api = await startKeysApi(
    {
      keys: [entry('mine', ['admin'], { tenant: 'mine' }), entry('all', ['admin'])],
      routes: [{ name: 'all', to: ['slack:default/C0123ABC'] }],
      sources: {
        theirs: { ...source, tenant: 'theirs' },
        hers: source,
        own: { ...source, tenant: 'mine' },
      },
    },
    { HOOK_TOKEN: 'x'.repeat(32) },
  );
  api.answer = (call) => {
    if (idIn(call).startsWith('sendproof/session/')) return undefined;
    calls.push(call);
    if (UNKNOWN.includes(call.method)) throw grpcError(5, 'workflow not found');
    return undefined;
  };
  cookie = await signIn(api.api.url, valueOf('mine'));
});
afterAll(() => api.close());
beforeEach(() => {
  calls = [];
});

/** The workflow that a call is about; empty where it is about none. */
function idIn({ request }: Pick<Call, 'request'>): string {
  const { execution, workflowExecution, workflowId } = request as Record<
    'execution' | 'workflowExecution',
    { workflowId?: string } | undefined
  > & { workflowId?: string };
  return execution?.workflowId ?? workflowExecution?.workflowId ?? workflowId ?? '';
}

/** What of a call leads beyond the tenant; undefined where nothing does. */
function leak({ method, request }: Call): unknown {
  switch (method) {
    // The queues are of accounts. The pages show a tenant none of their counts.
    case 'describeTaskQueue':
    case 'describeNamespace':
    case 'getClusterInfo':
    case 'getSystemInfo':
      return undefined;
    case 'countWorkflowExecutions':
    case 'listWorkflowExecutions': {
      const query = String(request.query);
      // The progress of decisions is in the queues, which are of all. Whose decision it is, is looked at then.
      const ofQueues = query.startsWith('WorkflowType = "deadLetterQueue"');
      const begins = [MINE, BATCH + MINE].map((prefix) => `WorkflowId STARTS_WITH "${prefix}"`);
      return ofQueues || begins.some((clause) => query.includes(` AND ${clause}`))
        ? undefined
        : query;
    }
    default: {
      const id = idIn({ request });
      if (id === WRITE_PROOF.workflowId) return undefined;
      return id.startsWith(MINE) || id.startsWith(BATCH + MINE) ? undefined : { method, id };
    }
  }
}

/** Each for every id, where it has the id in its path or its body. */
const everything = FOREIGN.flatMap((id, index) =>
  requestsAbout(id).filter(({ body, isAboutId }) => isAboutId || body !== undefined || index === 0),
);

describe.each([...new Set(everything.map(({ name }) => name))])('%s', (name) => {
  it('asks Temporal for nothing of others', async () => {
    for (const asked of everything.filter((each) => each.name === name)) {
      const { status } = await ask(api.api.url, asked, { key: valueOf('mine'), cookie });
      expect(status).toBeLessThan(500);
      if (!/^page \S+ \/(?:sign-in|assets)/.test(name)) expect([401, 303]).not.toContain(status);
    }
    expect(calls.map(leak).filter((each) => each !== undefined)).toEqual([]);
  });
});

const message = (deduplicationKey: string) => ({
  deduplicationKey,
  destinations: ['slack:default/C0123ABC'],
  content: { text: 'x' },
  conversation: { key: 'incident' },
});

it('would notice: who has no tenant asks for all', async () => {
  await api.request('GET', '/v1/messages/incident-7', { key: valueOf('all') });
  // The message, and the batches that it may be in.
  expect(calls.map(leak).filter((each) => each !== undefined)).toHaveLength(2);
  await api.request('GET', '/v1/messages', { key: valueOf('all') });
  expect(calls.map(leak).filter((each) => each !== undefined)).toHaveLength(3);
});

it('accepts what a tenant sends under ids of its own, and answers with the key that was sent', async () => {
  api.starts.length = 0;
  const { body, status } = await api.request('POST', '/v1/messages', {
    key: valueOf('mine'),
    body: message('incident-7'),
  });
  expect(status).toBe(202);
  expect(body).toMatchObject({
    deduplicationKey: 'incident-7',
    links: { self: '/v1/messages/incident-7' },
  });
  expect(api.starts.map(({ workflowId }) => workflowId)).toEqual([`${MINE}incident-7`]);
  expect(api.audit().at(-1)).toMatchObject({
    ...{ action: 'send', key: 'mine', tenant: 'mine' },
    message: `${MINE}incident-7`,
  });
});

it('lists the sources of the tenant alone', async () => {
  const names = async (key: string) => {
    const { body } = await api.request('GET', '/v1/sources', { key: valueOf(key) });
    return (body.sources as { name: string }[]).map(({ name }) => name);
  };
  expect(await names('mine')).toEqual(['own']);
  expect(await names('all')).toEqual(['theirs', 'hers', 'own']);
});

it('accepts what a source of a tenant sends as a message of the tenant', async () => {
  api.starts.length = 0;
  await fetch(new URL(`/v1/sources/own/${'x'.repeat(32)}`, api.api.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id: '7', title: 'x' }),
  });
  for (const { workflowId } of api.starts) expect(workflowId).toContain(MINE);
  expect(api.starts).toHaveLength(1);
});

it('gives a tenant neither metrics, which count the messages of all, nor the codec server', async () => {
  expect((await api.request('GET', '/metrics', { key: valueOf('mine') })).status).toBe(403);
  const body = { payloads: [] };
  const decoded = await api.request('POST', '/v1/codec/decode', { key: valueOf('mine'), body });
  expect(decoded.status).toBe(403);
  expect(decoded.body.detail).toContain('for all tenants');
});
