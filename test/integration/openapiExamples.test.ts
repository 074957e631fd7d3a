/** The OpenAPI document against the API itself: it takes each example, and answers nothing that isn't documented. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PAGE_METHODS } from '../../src/api/pages/pages.js';
import { signingSecret } from '../callbackReceiver.js';
import { expectWithin, mostCalls } from '../callsToTemporal.js';
import {
  OPS,
  startHarness,
  type Answer,
  type Decision,
  type Harness,
  type Summary,
} from '../harness.js';
import {
  bodyPointer,
  operations,
  resolved,
  violations,
  type LocatedOperation,
} from '../openapiOperations.js';

const AUTHORISED = { authorization: 'Bearer of-the-examples' };

/** Sources that the examples are sent to. Their names are those in the examples of parameters. */
const SOURCES = {
  prometheus: { type: 'alertmanager', bearer: { env: 'SOURCE_BEARER' } },
  ci: { type: 'slack-webhook', token: { env: 'SOURCE_TOKEN' } },
  // Only its body proves who sent it, so that a body that can't be read is refused.
  signed: { type: 'pagerduty', secret: { env: 'SOURCE_SECRET' } },
};

let directory: string;
let harness: Harness;
let onTemporalCall: (method: string) => void = () => undefined;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-examples-'));
  const secret = { file: join(directory, 'secret') };
  await writeFile(secret.file, signingSecret());
  harness = await startHarness({
    onTemporalCall: (method) => onTemporalCall(method),
    environment: {
      SENDPROOF_API_KEYS: 'of-the-examples',
      SOURCE_BEARER: 'of-the-examples',
      SOURCE_TOKEN: 'token-of-the-source',
      SOURCE_SECRET: 'of-the-signed-source',
    },
    settings: {
      sources: SOURCES,
      acknowledgements: { secret, allowedHosts: ['hooks.example.com'] },
      routes: [{ name: 'builds', to: [OPS] }],
    },
  });
});
afterAll(async () => {
  await harness.close();
  await rm(directory, { recursive: true });
});

let keys = 0;
const newKey = () => `example-${(keys += 1)}`;

/** Sends a message that Slack refuses, and resolves with its key when it needs a decision and is found as such. */
async function park(): Promise<string> {
  const key = newKey();
  const fault = harness.sandbox.addFault({
    kind: 'slack_error',
    error: 'not_in_channel',
    platform: 'slack',
  });
  await post('/v1/messages', message(key));
  await vi.waitFor(
    async () => {
      expect((await get(`/v1/messages/${key}`)).body).toMatchObject({ status: 'dead_lettered' });
      const { body } = await get<Summary>('/v1/dead-letters/summary');
      expect(body.deadLetters).toBeGreaterThan(0);
    },
    { timeout: 20_000 },
  );
  harness.sandbox.removeFault(fault);
  return key;
}

function message(key: string): object {
  return { deduplicationKey: key, destinations: [OPS], content: { text: key } };
}

/** Sends a message that begins in an hour, and resolves with its key. */
async function scheduled(): Promise<string> {
  const key = `scheduled-${randomUUID()}`;
  const deliverAt = new Date(Date.now() + 3_600_000).toISOString();
  await post('/v1/messages', { ...message(key), deliverAt });
  return key;
}

function get<Body>(path: string): Promise<Answer<Body>> {
  return harness.request<Body>('GET', path, undefined, AUTHORISED);
}

function post<Body>(path: string, body: unknown): Promise<Answer<Body>> {
  return harness.request<Body>('POST', path, body, AUTHORISED);
}

/** The path of an operation of sources, with the examples of its parameters; undefined for every other operation. */
function pathOfSource(located: LocatedOperation): string | undefined {
  const { path, operation } = located;
  if (!isOfSources(located)) return undefined;
  const values = (operation.parameters ?? []).map(
    ({ name, schema }) => [name, resolved(schema).examples?.[0]] as const,
  );
  return values.reduce((filled, [name, value]) => filled.replace(`{${name}}`, String(value)), path);
}

/** Whether it takes what sources send. */
function isOfSources({ path }: LocatedOperation): boolean {
  return path.startsWith('/v1/sources/');
}

/** Sends messages that begin in an hour, to be started in the background, and resolves with the id of their batch. */
async function sendBatch(size: number): Promise<string> {
  const deliverAt = new Date(Date.now() + 3_600_000).toISOString();
  const messages = Array.from({ length: size }, () => ({ ...message(newKey()), deliverAt }));
  const headers = { ...AUTHORISED, prefer: 'respond-async' };
  const path = '/v1/messages/batch';
  const { body } = await harness.request<{ id: string }>('POST', path, { messages }, headers);
  return body.id;
}

async function completedBatch(): Promise<string> {
  const id = await sendBatch(1);
  await vi.waitFor(
    async () => {
      expect((await get(`/v1/batches/${id}`)).body).toMatchObject({ status: 'completed' });
    },
    { timeout: 20_000 },
  );
  return id;
}

/** Makes what the path of an operation names, and resolves with the path that names it. */
async function preparedPath(located: LocatedOperation): Promise<string> {
  const { path, operation } = located;
  const ofSource = pathOfSource(located);
  if (ofSource !== undefined) return ofSource;
  if (path.startsWith('/v1/batches/')) {
    // So many that some are left when they are cancelled.
    const size = operation.operationId === 'cancelBatch' ? 300 : 1;
    return path.replace('{id}', await sendBatch(size));
  }
  if (path.includes('{id}')) {
    await park();
    const decision = { filter: {}, by: 'Ada Lovelace', reason: 'The channel exists again.' };
    const { body } = await post<Decision>('/v1/dead-letters/retry', decision);
    return path.replace('{id}', body.id);
  }
  if (operation.operationId === 'rescheduleMessage')
    return path.replace('{key}', await scheduled());
  const decides =
    operation.tags.includes('Dead letters') || operation.operationId.startsWith('cancel');
  return path.replace('{key}', decides ? await park() : 'pagerduty-55-triggered');
}

function requestExamples({ operation }: LocatedOperation): unknown[] {
  const { examples = {} } = operation.requestBody?.content['application/json'] ?? {};
  return Object.values(examples).map(({ value }) => value);
}

/** Fails unless the status, the headers and the body are as the document has them for this operation. */
function expectDocumented({ operation, pointer }: LocatedOperation, answer: Answer): void {
  const { status, headers, body } = answer;
  const documented = operation.responses[status];
  expect(Object.keys(operation.responses), JSON.stringify(body)).toContain(String(status));
  for (const name of Object.keys(documented?.headers ?? {})) {
    expect(headers.get(name), name).not.toBeNull();
  }
  const mediaType = headers.get('content-type')?.split(';')[0] ?? '';
  expect(Object.keys(documented?.content ?? {})).toContain(mediaType);
  const schema = bodyPointer(`${pointer}/responses/${status}`, mediaType);
  expect(violations(schema, body), JSON.stringify(body)).toEqual([]);
}

/** One request's calls to Temporal, in the order in which they were made. */
async function callsOf(
  request: () => Promise<Answer>,
): Promise<{ answer: Answer; calls: string[] }> {
  const calls: string[] = [];
  onTemporalCall = (method) => calls.push(method);
  const answer = await request();
  onTemporalCall = () => undefined;
  return { answer, calls };
}

/** As `harness.request`, where it makes no more calls to Temporal than the operation may. */
async function requestWithinCalls(
  { method, operation: { operationId }, path }: LocatedOperation,
  request: () => Promise<Answer>,
): Promise<Answer> {
  const { answer, calls } = await callsOf(request);
  expectWithin(calls, mostCalls(`${method} ${path}`), operationId);
  return answer;
}

const withBody = operations.filter(({ operation }) => operation.requestBody);
const withoutBody = operations.filter(({ operation }) => !operation.requestBody);

it.each(withBody)('$method $path takes each example', async (located) => {
  for (const example of requestExamples(located)) {
    const path = await preparedPath(located);
    const answer = await requestWithinCalls(located, () =>
      harness.request(located.method, path, example, AUTHORISED),
    );
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
    expectDocumented(located, answer);
  }
});

it.each(withoutBody)('$method $path takes the examples of its parameters', async (located) => {
  const { method, operation } = located;
  const query = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
  const searches = query.flatMap(({ name, schema }) =>
    (resolved(schema).examples ?? []).map(
      (example) => `?${new URLSearchParams({ [name]: String(example) }).toString()}`,
    ),
  );
  expect(searches.length).toBeGreaterThanOrEqual(query.length);
  for (const search of ['', ...searches]) {
    const path = await preparedPath(located);
    const answer = await requestWithinCalls(located, () =>
      harness.request(method, path + search, undefined, AUTHORISED),
    );
    const found = `${search} ${JSON.stringify(answer.body)}`;
    // Only what has ended can be erased.
    if (search.startsWith('?erase=')) expect(answer.status, found).toBe(409);
    else expect(answer.status, found).toBeLessThan(300);
    expectDocumented(located, answer);
  }
});

it('answers a duplicate as documented, and a key that was used for other content', async () => {
  const located = operationCalled('sendMessage');
  const [example] = requestExamples(located);
  await post('/v1/messages', example);
  const duplicate = await post('/v1/messages', example);
  expect(duplicate).toMatchObject({ status: 200, body: { duplicate: true } });
  expectDocumented(located, duplicate);
  const reused = await post('/v1/messages', { ...(example as object), content: { text: 'other' } });
  expect(reused.status).toBe(422);
  expectDocumented(located, reused);
});

it.each(operations.filter(isOfSources))(
  '$method $path takes each example of any other media type',
  async (located) => {
    const { examples = {} } = located.operation.requestBody?.content['*/*'] ?? {};
    expect(Object.keys(examples)).not.toHaveLength(0);
    for (const { value } of Object.values(examples)) {
      const headers = { ...AUTHORISED, 'content-type': 'application/x-www-form-urlencoded' };
      const answer = await harness.request('POST', await preparedPath(located), value, headers);
      expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
      expectDocumented(located, answer);
    }
  },
);

const documenting = (status: number) =>
  operations.filter(({ operation }) => operation.responses[status]);

/** Of the API itself. What sources answer is below. */
const documentingOfApi = (status: number) =>
  documenting(status).filter((located) => !isOfSources(located));

it.each(documenting(401))('$method $path answers as documented without a key', async (located) => {
  const answer = await harness.request(located.method, located.path);
  expect(answer.status).toBe(401);
  expectDocumented(located, answer);
});

it.each(documentingOfApi(400))(
  '$method $path answers as documented to a wrong field',
  async (located) => {
    const { method, operation, path } = located;
    const query = operation.parameters?.find((parameter) => parameter.in === 'query');
    // A space at its end is in no key, and this is not UTF-8, which no id may be.
    const wrongPath = path.replace('{key}', 'key%20').replace('{id}', '%E0%A4%A');
    const answer = await harness.request(
      method,
      // Probes may say more than is known.
      query ? `${path.replace('{key}', 'key')}?unknown=1&${query.name}=%00` : wrongPath,
      operation.requestBody ? { unknown: 1 } : undefined,
      AUTHORISED,
    );
    expect(answer.status).toBe(400);
    expectDocumented(located, answer);
  },
);

it.each(documenting(404))(
  '$method $path answers as documented to what is unknown',
  async (located) => {
    const { method, path } = located;
    const unknown = path.replace(/\{\w+\}/, 'nobody-has-it');
    const [example] = requestExamples(located);
    const answer = await harness.request(method, unknown, example, AUTHORISED);
    expect(answer.status).toBe(404);
    expectDocumented(located, answer);
  },
);

it.each(documenting(409))(
  '$method $path answers as documented where nothing can be decided',
  async (located) => {
    const { method, path, operation } = located;
    const bulk = path.startsWith('/v1/dead-letters');
    const key = newKey();
    await post('/v1/messages', message(key));
    await vi.waitFor(
      async () => {
        expect((await get(`/v1/messages/${key}`)).body).toMatchObject({ status: 'confirmed' });
      },
      { timeout: 20_000 },
    );
    const [example] = requestExamples(located);
    const none = { filter: { reason: 'timeout' }, by: 'Ada Lovelace', reason: 'None is there.' };
    const answer = await harness.request(
      method,
      path.includes('{id}')
        ? path.replace('{id}', await completedBatch())
        : path.replace('{key}', key),
      bulk ? none : operation.requestBody && example,
      AUTHORISED,
    );
    expect(answer.status).toBe(409);
    expectDocumented(located, answer);
  },
);

it.each(documentingOfApi(413))(
  '$method $path answers as documented to a body that is too large',
  async (located) => {
    const body = JSON.stringify({ text: 'x'.repeat(17 * 1024 * 1024) });
    const path = located.path.replace('{key}', 'key');
    const answer = await harness.request(located.method, path, body, AUTHORISED);
    expect(answer.status).toBe(413);
    expectDocumented(located, answer);
  },
);

it.each(documentingOfApi(415))(
  '$method $path answers as documented to another format',
  async (located) => {
    const headers = { ...AUTHORISED, 'content-type': 'text/plain' };
    const path = located.path.replace('{key}', 'key');
    const answer = await harness.request(located.method, path, 'text', headers);
    expect(answer.status).toBe(415);
    expectDocumented(located, answer);
  },
);

const UNREADABLE = [
  [400, { 'content-encoding': 'gzip' }, 'not gzip'],
  [413, {}, 'x'.repeat(17 * 1024 * 1024)],
  [415, { 'content-encoding': 'unknown' }, 'text'],
] as const;

it.each(
  UNREADABLE.flatMap(([status, headers, body]) =>
    documenting(status)
      .filter(isOfSources)
      .map((located) => ({ ...located, status, headers, body })),
  ),
)(
  '$method $path answers as documented where nobody knows who sent what ($status)',
  async (each) => {
    const path = each.path.replace('{name}', 'signed');
    const answer = await harness.request(each.method, path, each.body, each.headers);
    expect(answer.status).toBe(each.status);
    expectDocumented(each, answer);
  },
);

function operationCalled(name: string): LocatedOperation {
  const located = operations.find(({ operation }) => operation.operationId === name);
  if (!located) throw new Error(`The document has no operation ${name}`);
  return located;
}

describe('the calls to Temporal', () => {
  const pages = Object.entries(PAGE_METHODS).flatMap(([path, methods]) =>
    methods.includes('GET') && path !== '/assets/{file}' ? [path] : [],
  );

  const idFor = async (path: string) => {
    if (!path.startsWith('/decisions/')) return await completedBatch();
    await park();
    const decision = { filter: {}, by: 'Ada Lovelace', reason: 'The channel exists again.' };
    return (await post<Decision>('/v1/dead-letters/retry', decision)).body.id;
  };

  it.each(pages)('of the page %s are few', async (path) => {
    const key = path.startsWith('/messages/') ? newKey() : 'incident-1';
    const conversation = { key: 'incident-1' };
    await post('/v1/messages', { ...message(newKey()), conversation });
    await post('/v1/messages', message(key));
    const id = path.includes('{id}') ? await idFor(path) : '';
    const { answer, calls } = await callsOf(() =>
      get(path.replace('{key}', key).replace('{id}', id)),
    );
    expect(answer.status).toBeLessThan(400);
    expectWithin(calls, mostCalls(`page ${path}`), path);
  });

  it.each(['/v1/messages/{key}', '/v1/messages/{key}/timeline'])(
    'of %s are few where the key is unknown',
    async (path) => {
      const { calls } = await callsOf(() => get(path.replace('{key}', 'pagerduty-56-unknown')));
      expectWithin(calls, mostCalls(`unknown ${path}`), path);
    },
  );

  it('of a search for a reference are one more where a conversation has it', async () => {
    const correlation = { source: 'pagerduty', reference: '77' };
    const conversation = { key: 'of-77' };
    await post('/v1/messages', { ...message(newKey()), correlation, conversation });
    await vi.waitFor(async () => {
      const { body } = await get<{ messages: object[] }>('/v1/messages?reference=77');
      expect(body.messages).toHaveLength(1);
    });
    const related = await callsOf(() => get('/v1/messages?q=pagerduty%2077'));
    expect(related.calls).toEqual(['ListWorkflowExecutions', 'ListWorkflowExecutions']);
    const unrelated = await callsOf(() => get('/v1/messages?q=pagerduty%2078'));
    expect(unrelated.calls).toEqual(['ListWorkflowExecutions']);
  });
});
