/** The API in front of a queue in memory, and what a consumer makes of what the API has queued. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { QueuedIntake } from '../../src/api/queuedIntake.js';
import { loadConfiguration, type Configuration } from '../../src/config/configuration.js';
import { consumeQueue } from '../../src/ingest/consumeQueue.js';
import type { HandleRecord, OutgoingRecord, Queue } from '../../src/queues/queue.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { GRPC_STATUS } from '../../src/temporal/grpcStatus.js';
import { WriteProof } from '../../src/temporal/writeProof.js';
import { inputOf, OPS, startIntakeApi, type IntakeApi, type Start } from './intakeApi.js';
import { clientAnsweredBy, grpcError, type Call } from './temporalService.js';

const log = pino({ level: 'silent' });
const TOKEN = ['a', 'token', 'of', 'this', 'test'].join('-');
const ALERT = { key: '{{ body.id }}', title: '{{ body.title }}', conversation: '{{ body.group }}' };

let directory: string;
let configuration: Configuration;
let api: IntakeApi;
let sent: OutgoingRecord[] = [];
let isAway = false;
const queue = {
  send: (records: readonly OutgoingRecord[]) => {
    if (isAway) return Promise.reject(new Error('connect ECONNREFUSED'));
    sent.push(...records);
    return Promise.resolve();
  },
  lag: () => Promise.resolve([{ partition: '', records: 7 }]),
  sendFault: () => Promise.resolve(undefined),
};

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sendproof-intake-'));
  const file = join(directory, 'sendproof.yaml');
  const content = {
    accounts: { slack: { default: { token: { env: 'SLACK_BOT_TOKEN' } } } },
    acknowledgements: { allowedHosts: ['hooks.example.com'], secret: { env: 'CALLBACK_SECRET' } },
    sources: { alerts: { type: 'generic', bearer: { env: 'ALERTS_TOKEN' }, map: ALERT } },
    routes: [{ name: 'all', to: [OPS] }],
    queues: { main: { kafka: { brokers: ['127.0.0.1:1'], topic: 'messages' } } },
    intake: { queue: 'main' },
  };
  writeFileSync(file, JSON.stringify(content));
  const environment = {
    SENDPROOF_CONFIG: file,
    SLACK_BOT_TOKEN: 'unused',
    ALERTS_TOKEN: TOKEN,
    CALLBACK_SECRET: `whsec_${Buffer.alloc(24, 7).toString('base64')}`,
  };
  configuration = loadConfiguration(environment);
  const intake = new QueuedIntake({ name: 'main', queue, metrics: createMetrics(), log });
  const notFound = ({ method }: Call) => {
    if (method === 'startWorkflowExecution') return undefined;
    if (method === 'describeNamespace') return { config: {} };
    if (/describeWorkflow|getWorkflow/.test(method)) {
      throw grpcError(GRPC_STATUS.NOT_FOUND, 'workflow not found');
    }
    return undefined;
  };
  api = await startIntakeApi(environment, notFound, intake);
});
afterAll(async () => {
  await api.close();
  rmSync(directory, { recursive: true });
});
beforeEach(() => {
  sent = [];
  isAway = false;
});

interface Answered {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

async function request(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answered> {
  const response = await fetch(`${api.api.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: JSON.parse(text) as Record<string, unknown>,
  };
}

function message(key: string, more: object = {}) {
  return { deduplicationKey: key, destinations: [OPS], content: { text: 'hello 😀' }, ...more };
}

/** Hands what was queued to a consumer, over a Temporal that answers with this. */
async function consumeSent(answer: (call: Call) => unknown = () => undefined) {
  const starts: Start[] = [];
  const dead: string[] = [];
  const client = clientAnsweredBy((call) => {
    const given = answer(call);
    if (given !== undefined) return given;
    if (call.method !== 'startWorkflowExecution') return {};
    starts.push(call.request);
    return { runId: '0a1b2c3d-0000-4000-8000-000000000001', started: true };
  });
  let handle: HandleRecord | undefined;
  const memory = {
    consume: (given: HandleRecord) => {
      handle = given;
      return { pause: () => undefined, resume: () => undefined, fault: () => undefined };
    },
  } as unknown as Queue;
  const [configured] = configuration.queues;
  if (!configured) throw new Error('There is no queue');
  const context = {
    client,
    configuration,
    log,
    metrics: createMetrics(),
    writes: new WriteProof(client, log),
  };
  consumeQueue(configured, memory, context, { add: () => undefined });
  for (const [index, { body, headers, key }] of sent.entries()) {
    await handle?.(
      {
        id: `main/${index}`,
        orderedBy: key,
        headers,
        body,
        sentAt: new Date(),
        moveToDeadLetters: ({ reason }) => {
          dead.push(reason);
          return Promise.resolve();
        },
      },
      new AbortController().signal,
    );
  }
  return { starts, dead };
}

describe('the API in front of a queue', () => {
  it('answers 202 with the status queued, starts nothing, and the consumer starts the same message in the same trace', async () => {
    const { body, headers, status } = await request('POST', '/v1/messages', message('k-1'));
    expect(status).toBe(202);
    expect(body).toMatchObject({ deduplicationKey: 'k-1', status: 'queued', duplicate: false });
    expect(headers.get('location')).toBe('/v1/messages/k-1');
    expect(api.starts).toEqual([]);
    const { starts } = await consumeSent();
    expect(starts.map(({ workflowId }) => workflowId)).toEqual(['k-1']);
    expect(inputOf(starts[0])).toMatchObject({
      content: { text: 'hello 😀' },
      traceId: body.traceId,
    });
  });

  it('takes the key from the header', async () => {
    const keyless = { ...message('x'), deduplicationKey: undefined };
    const headers = { 'Idempotency-Key': '"k-header"' };
    const { body } = await request('POST', '/v1/messages', keyless, headers);
    expect(body).toMatchObject({ deduplicationKey: 'k-header', status: 'queued' });
    const { starts } = await consumeSent();
    expect(starts.map(({ workflowId }) => workflowId)).toEqual(['k-header']);
  });

  it.each([
    ['no JSON', '[', 400],
    ['no destination', { deduplicationKey: 'k', content: { text: 'x' } }, 400],
    ['an unknown account', message('k', { destinations: ['slack:nobody/C0X'] }), 400],
    [
      'a callback that is not allowed',
      message('k', { acknowledge: { url: 'https://evil.example' } }),
      400,
    ],
    ['too many bytes', message('k', { content: { text: 'x'.repeat(2_000_000) } }), 413],
  ])('says at once what is wrong: %s', async (_, body, status) => {
    expect((await request('POST', '/v1/messages', body)).status).toBe(status);
    expect(sent).toEqual([]);
  });

  it('queues each message of a batch that is valid', async () => {
    const messages = [message('b-1'), { nonsense: true }, message('b-2')];
    const { body, status } = await request('POST', '/v1/messages/batch', { messages });
    expect(status).toBe(200);
    expect((body.results as { status: number }[]).map((each) => each.status)).toEqual([
      202, 400, 202,
    ]);
    const { starts } = await consumeSent();
    expect(starts.map(({ workflowId }) => workflowId)).toEqual(['b-1', 'b-2']);
  });

  it('orders a conversation by its key', async () => {
    await request('POST', '/v1/messages', message('c-1', { conversation: { key: 'c' } }));
    await request('POST', '/v1/messages', message('c-2'));
    expect(sent.map(({ key }) => key)).toEqual(['c', undefined]);
  });

  it('queues events, which take their routes when they are consumed', async () => {
    const event = { key: 'e-1', source: 'mine', title: 'Disk full', conversation: 'disk' };
    const { body, status } = await request('POST', '/v1/events?explain=true', event);
    expect(status).toBe(202);
    expect(body).toMatchObject({
      status: 'queued',
      key: 'e-1',
      messages: [],
      routes: [{ route: 'all', takes: true }],
    });
    expect(sent.map(({ key }) => key)).toEqual(['disk']);
    const { starts } = await consumeSent();
    expect(JSON.stringify(inputOf(starts[0]))).toContain('Disk full');
    expect(inputOf(starts[0])).toMatchObject({ traceId: body.traceId });
  });

  it('queues the requests of sources as they came, without what proves them', async () => {
    const alert = '{"id":"a-1", "title":"Disk \\u0000 full","group":"g","n":12345678901234567890}';
    const proof = { authorization: `Bearer ${TOKEN}` };
    const { body, status } = await request('POST', '/v1/sources/alerts', alert, proof);
    expect(status).toBe(202);
    expect(body).toMatchObject({ status: 'queued' });
    expect(sent.map((record) => record.body.toString())).toEqual([alert]);
    expect(sent.map(({ key }) => key)).toEqual(['g']);
    expect(JSON.stringify(sent)).not.toContain(TOKEN);
    expect(api.starts).toEqual([]);
    const { starts } = await consumeSent();
    expect(starts).toHaveLength(1);
    expect(starts[0]?.workflowId).toContain('a-1');
  });

  it('queues no request of a source that is not authentic', async () => {
    const { status } = await request('POST', '/v1/sources/alerts', { id: 'a' });
    expect(status).toBe(401);
    expect(sent).toEqual([]);
  });

  it('queues what the source can’t read, and the consumer says so', async () => {
    const proof = { authorization: `Bearer ${TOKEN}` };
    expect((await request('POST', '/v1/sources/alerts', 'no JSON', proof)).status).toBe(202);
    const { dead } = await consumeSent();
    expect(dead).toHaveLength(1);
  });

  it('answers 503 and when to try again while the queue is away', async () => {
    isAway = true;
    const one = await request('POST', '/v1/messages', message('away'));
    expect(one.status).toBe(503);
    expect(one.body).toMatchObject({ type: 'queue_unavailable' });
    expect(one.headers.get('retry-after')).toBe('5');
    const batch = await request('POST', '/v1/messages/batch', { messages: [message('away')] });
    expect(batch.body).toMatchObject({ results: [{ status: 503 }] });
    const proof = { authorization: `Bearer ${TOKEN}` };
    expect((await request('POST', '/v1/sources/alerts', { id: 'a' }, proof)).status).toBe(503);
    expect(api.starts).toEqual([]);
    isAway = false;
    expect((await request('GET', '/v1/messages/away')).status).toBe(404);
    expect((await request('POST', '/v1/messages', message('away'))).status).toBe(202);
  });

  it('is ready while the queue takes messages, whatever is missing behind it', async () => {
    const ready = await request('GET', '/readyz');
    expect([ready.status, ready.body.status, ready.body.reasons]).toEqual([200, 'ready', []]);
    expect(ready.body.checks).toMatchObject({ intake: true, worker: false });
    expect(ready.body.warnings).not.toEqual([]);
    isAway = true;
    await request('POST', '/v1/messages', message('lost'));
    const notReady = await request('GET', '/readyz');
    expect([notReady.status, notReady.body.status]).toEqual([503, 'not ready']);
    expect(notReady.body.checks).toMatchObject({ intake: false });
    expect(notReady.body.reasons).toContainEqual(expect.stringContaining('The queue main'));
    isAway = false;
    await request('POST', '/v1/messages', message('sent'));
    expect((await request('GET', '/readyz')).status).toBe(200);
  });

  it('refuses at once an event that a consumer would find too large', async () => {
    // In a batch, and where its numbers are longer than they were sent.
    const event = { key: 'large', source: 'ci', title: 't' };
    const raw = 'x'.repeat(1024 * 1024);
    const { body } = await request('POST', '/v1/events/batch', {
      events: [
        { ...event, raw },
        { ...event, key: 'small' },
      ],
    });
    expect(body.results).toMatchObject([
      { status: 413, problem: { type: 'body_too_large' } },
      { status: 202, event: { key: 'small' } },
    ]);
    const longer = `{"key":"k","source":"ci","title":"t","raw":[${'1e20,'.repeat(100_000)}1]}`;
    expect((await request('POST', '/v1/events', longer)).status).toBe(413);
    expect(sent).toHaveLength(1);
  });

  it('says since when a key is queued, and of others that they may be', async () => {
    await request('POST', '/v1/messages', message('known'));
    const known = await request('GET', '/v1/messages/known');
    expect(known.status).toBe(200);
    expect(known.body).toMatchObject({ status: 'queued', queue: 'main', deliveries: [] });
    expect(known.body.explanation).toMatch(/^Queued since .* which has 7 records that are not/);
    const waited = await request('GET', '/v1/messages/known?wait=300ms');
    expect(waited.body).toMatchObject({ status: 'queued' });
    const unknown = await request('GET', '/v1/messages/unknown');
    expect(unknown.status).toBe(404);
    expect(unknown.body.detail).toMatch(/may also be in the queue main, which has 7 records/);
  });

  it.each(['e-2', 'a/b', 'ä '.repeat(300)])(
    'says of the message that an event will be since when it is queued: %j',
    async (key) => {
      await request('POST', '/v1/events', { key, source: 'mine', title: 'Disk full' });
      const { starts } = await consumeSent();
      const [id = ''] = starts.map(({ workflowId }) => workflowId ?? '');
      const known = await request('GET', `/v1/messages/${encodeURIComponent(id)}`);
      expect(known.status).toBe(200);
      expect(known.body).toMatchObject({ deduplicationKey: id, status: 'queued' });
      const byKeyOfEvent = await request('GET', `/v1/messages/${encodeURIComponent(key)}`);
      expect(byKeyOfEvent.status).not.toBe(200);
    },
  );

  it('acknowledges with message.refused what is refused only when it is consumed', async () => {
    const acknowledge = { url: 'https://hooks.example.com/told' };
    const { body } = await request('POST', '/v1/messages', message('taken', { acknowledge }));
    const { dead, starts } = await consumeSent(({ method, request: asked }) => {
      const { workflowType } = asked as Start;
      if (method === 'startWorkflowExecution' && workflowType?.name === 'deliverMessage') {
        throw grpcError(GRPC_STATUS.ALREADY_EXISTS, 'Workflow execution already started');
      }
      if (method.startsWith('describe')) throw grpcError(GRPC_STATUS.NOT_FOUND, 'not found');
      return undefined;
    });
    expect(dead).toEqual(['deduplication_key_reused']);
    expect(starts.map(({ workflowType }) => workflowType?.name)).toEqual(['acknowledgeSource']);
    expect(inputOf(starts[0])).toMatchObject({
      plan: { recipient: { kind: 'callback', url: acknowledge.url } },
      acknowledgement: {
        type: 'message.refused',
        data: {
          deduplicationKey: 'taken',
          status: 'refused',
          traceId: body.traceId,
          problem: 'deduplication_key_reused',
          fields: ['deduplicationKey'],
        },
      },
    });
  });
});

describe('intake in the configuration', () => {
  const load = (settings: object) => {
    const file = join(directory, 'other.yaml');
    writeFileSync(file, JSON.stringify(settings));
    return loadConfiguration({ SENDPROOF_CONFIG: file, SLACK_BOT_TOKEN: 'unused' });
  };
  const kafka = { brokers: ['127.0.0.1:1'], topic: 'messages' };

  it.each([
    [
      { intake: { queue: 'main' } },
      'intake.queue: there is no queue "main"; configure it under "queues"',
    ],
    [{ intake: { queue: 'mian' }, queues: { main: { kafka } } }, 'did you mean "main"?'],
    [{ intake: {}, queues: { main: { kafka } } }, 'intake.queue'],
    [{ intake: { queue: 'main', to: 'x' }, queues: { main: { kafka } } }, 'intake'],
    [
      {
        intake: { queue: 'main' },
        queues: { main: { kafka, source: 'alerts' } },
        sources: { alerts: { type: 'generic', map: { key: '{{ body.id }}' } } },
      },
      'has the events of the source alerts',
    ],
  ])('%j is refused', (settings, fault) => {
    expect(() => load(settings)).toThrow(fault);
  });
});
