import { join, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { webpackConfigHook } from '../../src/worker/workflowWebpack.js';
import { callSignal, endSignal, openTelemetryQuery, traced } from './tracedWorkflow.js';

const TASK_QUEUE = `workflow-tracing-${process.pid}`;
const STARTED = '4bf92f3577b34da6a3ce929d0e0e4736';
const SIGNALLED = 'a3ce929d0e0e47364bf92f3577b34da6';
const headerOf = (traceId: string, flags: '00' | '01') => `00-${traceId}-00f067aa0ba902b7-${flags}`;

interface Span {
  name: string;
  spanContext: { traceId: string };
}

let connection: Connection;
let native: NativeConnection;
let running: Promise<void>;
let worker: Worker;
let client: Client;
/** What the next call has as its header. */
let traceparent: string;
const exported: Span[] = [];

beforeAll(async () => {
  const address = inject('temporalAddress');
  connection = await Connection.connect({ address });
  native = await NativeConnection.connect({ address });
  const withHeader = <Input extends { headers: Headers }>(input: Input): Input => ({
    ...input,
    headers: { '_tracer-data': defaultPayloadConverter.toPayload({ traceparent }) },
  });
  client = new Client({
    connection,
    interceptors: {
      workflow: [
        {
          startWithDetails: (input, next) => next(withHeader(input)),
          signal: (input, next) => next(withHeader(input)),
          query: (input, next) => next(withHeader(input)),
        },
      ],
    },
  });
  worker = await Worker.create({
    connection: native,
    taskQueue: TASK_QUEUE,
    workflowBundle: await bundleWorkflowCode({
      workflowsPath: join(import.meta.dirname, 'tracedWorkflow.ts'),
      workflowInterceptorModules: [resolve('dist/src/workflows/tracing/interceptors.js')],
      webpackConfigHook,
      logger: new DefaultLogger('ERROR'),
    }),
    activities: Object.fromEntries(
      ['first', 'handled', 'last'].map((name) => [name, () => Promise.resolve()]),
    ),
    sinks: {
      exporter: { export: { fn: (_info, spans: Span[]) => void exported.push(...spans) } },
    },
  });
  running = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await native.close();
  await connection.close();
});

/**
 * Resolves with the activities' headers, by name, and with whether the workflow had loaded OpenTelemetry before and after the
 * signal.
 */
async function run(start: string, signal: string) {
  traceparent = start;
  const handle = await client.workflow.start(traced, {
    taskQueue: TASK_QUEUE,
    workflowId: `${start}-${signal}`,
  });
  const before = await handle.query(openTelemetryQuery);
  traceparent = signal;
  await handle.signal(callSignal, 'handled');
  traceparent = start;
  const after = await handle.query(openTelemetryQuery);
  await handle.signal(endSignal);
  await handle.result();
  const { events } = await handle.fetchHistory();
  const headers = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) => {
    const payload = scheduled?.header?.fields?.['_tracer-data'];
    if (!scheduled || !payload) return [];
    const header = defaultPayloadConverter.fromPayload<{ traceparent: string }>(payload);
    return [[scheduled.activityType?.name ?? '', header.traceparent]];
  });
  return {
    headers: Object.fromEntries(headers) as Record<string, string>,
    loaded: [before, after],
  };
}

const spansOf = (traceId: string) =>
  exported.filter(({ spanContext }) => spanContext.traceId === traceId).map(({ name }) => name);

it('evaluates nothing of OpenTelemetry where nothing is sampled, and hands on the trace of the start', async () => {
  exported.length = 0;
  const start = headerOf(STARTED, '00');
  const { headers, loaded } = await run(start, headerOf(SIGNALLED, '00'));
  expect(loaded).toEqual([false, false]);
  expect(headers).toEqual({ first: start, handled: start, last: start });
  expect(exported).toEqual([]);
});

it('exports a sampled signal of a workflow that is not sampled, whose own calls stay in its own trace', async () => {
  exported.length = 0;
  const start = headerOf(STARTED, '00');
  const { headers, loaded } = await run(start, headerOf(SIGNALLED, '01'));
  expect(loaded).toEqual([false, true]);
  expect(headers).toMatchObject({ first: start, last: start });
  expect(headers.handled).toMatch(new RegExp(`^00-${SIGNALLED}-.*-01$`));
  expect(spansOf(SIGNALLED).sort()).toEqual(['HandleSignal:call', 'StartActivity:handled']);
  expect(spansOf(STARTED)).toEqual([]);
});

it('exports a sampled workflow, but not a signal to it that is not sampled', async () => {
  exported.length = 0;
  const { headers, loaded } = await run(headerOf(STARTED, '01'), headerOf(SIGNALLED, '00'));
  expect(loaded).toEqual([true, true]);
  expect(headers.first).toMatch(new RegExp(`^00-${STARTED}-.*-01$`));
  expect(headers.last).toMatch(new RegExp(`^00-${STARTED}-.*-01$`));
  expect(headers.handled).toMatch(new RegExp(`^00-${SIGNALLED}-.*-00$`));
  expect(spansOf(STARTED)).toContain('RunWorkflow:traced');
  expect(spansOf(SIGNALLED)).toEqual([]);
});
