import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { CallbackReceiver } from '../callbackReceiver.js';
import { environmentOf, ProductProcess } from '../faults/productProcess.js';
import { OPS, startHarness, WEBHOOK, type Harness } from '../harness.js';
import { OtlpReceiver } from '../otlpReceiver.js';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;
const CONTENT = 'what nobody but the channel may read';

let directory: string;
let collector: OtlpReceiver;
let source: CallbackReceiver;
let harness: Harness;
const processes: ProductProcess[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-tracing-'));
  collector = await OtlpReceiver.start();
  source = await CallbackReceiver.start();
  const secret = { file: join(directory, 'secret') };
  await writeFile(secret.file, source.secret);
  harness = await startHarness({
    workers: false,
    retry: { initialDelay: '50ms', maximumDelay: '200ms', attempts: 1_000 },
    settings: {
      acknowledgements: {
        secret,
        allowedHosts: [source.origin],
        allowPrivate: ['127.0.0.1'],
      },
    },
  });
});
afterAll(async () => {
  await Promise.all(processes.filter(({ running }) => running).map((each) => each.kill('SIGTERM')));
  await harness.close();
  await source.down();
  await collector.stop();
  await rm(directory, { recursive: true });
});

async function startProcess(executable: 'worker' | 'api'): Promise<ProductProcess> {
  const started = new ProductProcess(executable, {
    ...environmentOf(harness),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_BSP_SCHEDULE_DELAY: '100',
  });
  processes.push(started);
  await started.logged(executable === 'worker' ? 'The worker runs' : 'The API listens');
  return started;
}

async function send(api: ProductProcess, message: object): Promise<{ traceId: string }> {
  const { url } = await api.logged('The API listens');
  const response = await fetch(`${url as string}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: TRACEPARENT },
    body: JSON.stringify(message),
  });
  expect(response.status).toBe(202);
  return (await response.json()) as { traceId: string };
}

/** Resolves once the span that ends last is there. */
async function acknowledged(): Promise<void> {
  await vi.waitFor(
    () => {
      const names = collector.of(TRACE_ID).map(({ name }) => name);
      expect(names).toContain('RunWorkflow:acknowledgeSource');
    },
    { timeout: 30_000, interval: 50 },
  );
}

it('connects request, attempts and acknowledgement, across a restart of the worker, each span once', async () => {
  const fault = harness.sandbox.addFault({
    kind: 'http_error',
    status: 503,
    platform: 'slack',
    operation: 'chat.postMessage',
  });
  const api = await startProcess('api');
  const first = await startProcess('worker');
  const accepted = await send(api, {
    deduplicationKey: 'traced',
    destinations: [OPS, WEBHOOK],
    content: { text: CONTENT },
    acknowledge: { url: source.url },
  });
  expect(accepted.traceId).toBe(TRACE_ID);
  await harness.waitForAttempts('traced', 2);
  await first.kill('SIGTERM');

  // The second worker has to replay what the first one did.
  harness.sandbox.removeFault(fault);
  const second = await startProcess('worker');
  const { deliveries, traceId } = await harness.waitForStatus('traced', 'confirmed');
  expect(traceId).toBe(TRACE_ID);
  const [callback] = await source.waitFor('traced', 1);
  expect(callback?.acknowledgement?.data.traceId).toBe(TRACE_ID);
  expect(callback?.headers.traceparent).toContain(TRACE_ID);
  await acknowledged();
  await second.kill('SIGTERM');
  await api.kill('SIGTERM');

  const spans = collector.of(TRACE_ID);
  const named = (name: string) => spans.filter((span) => span.name === name);
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
  expect(named('POST /v1/messages')).toMatchObject([
    { service: 'sendproof-api', parentSpanId: '00f067aa0ba902b7' },
  ]);
  expect(named('accept message')).toHaveLength(1);
  expect(named('RunWorkflow:deliverMessage')).toHaveLength(1);
  expect(named('RunActivity:acknowledge')).toHaveLength(1);

  const attempts = named('RunActivity:deliver');
  // What a worker was given in its last moment it may never have begun.
  const logged = deliveries
    .flatMap((delivery) => delivery.attempts)
    .filter(({ reason }) => reason !== 'worker_lost');
  expect(attempts).toHaveLength(logged.length);
  const ofSlack = attempts.filter(
    ({ attributes }) => attributes['messaging.destination.name'] === OPS,
  );
  expect(ofSlack.length).toBeGreaterThan(2);
  expect(ofSlack[0]?.attributes).toMatchObject({
    'messaging.system': 'slack',
    'messaging.message.id': 'traced',
    'error.type': 'platform_unavailable',
  });

  // Each span hangs on another one of the trace, or on the source's.
  const known = new Set(['00f067aa0ba902b7', ...spans.map(({ spanId }) => spanId)]);
  for (const span of spans) expect(known).toContain(span.parentSpanId);
  const calls = spans.filter(({ attributes }) => 'http.response.status_code' in attributes);
  expect(calls.map(({ attributes }) => attributes['url.full'])).toContain(
    `${new URL(harness.sandbox.slackApiUrl).origin}/api/chat.postMessage`,
  );
}, 90_000);

it('holds neither content nor a webhook’s secret address', () => {
  const everything = collector.raw.join('\n');
  expect(everything).toContain('chat.postMessage');
  expect(everything).not.toContain(CONTENT);
  expect(everything).not.toContain(new URL(harness.sandbox.webhookUrl('incidents')).pathname);
  expect(everything).not.toContain(harness.sandbox.slackToken);
  expect(everything).not.toContain('fingerprint');
});

it('of a worker that exports nothing, leaves no complaint in the log', async () => {
  const worker = new ProductProcess('worker', environmentOf(harness));
  processes.push(worker);
  await worker.logged('The worker runs');
  await harness.send({ deduplicationKey: 'quiet', destinations: [OPS], content: { text: 'x' } });
  await harness.waitForStatus('quiet', 'confirmed');
  await worker.kill('SIGTERM');
  expect(worker.log.filter(({ level }) => level >= 40)).toEqual([]);
}, 90_000);
