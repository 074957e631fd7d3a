/**
 * OpenTelemetry tracing of a process: one trace from the request that sends a message to the platform's call and the
 * acknowledgement. It is exported over OTLP if an endpoint is configured. Otherwise spans are still created, because a message's
 * trace id is theirs, but not exported.
 */
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  type Resource,
} from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { ATTR_EXCEPTION_TYPE, ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import {
  makeWorkflowExporter,
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryWorkflowClientInterceptor,
  type OpenTelemetrySinks,
} from '@temporalio/interceptors-opentelemetry-v2';
import type { InjectedSink, WorkerOptions } from '@temporalio/worker';
import type { WorkflowInfo } from '@temporalio/workflow';
import { withinTime } from '../lib/deadline.js';
import { readVariables } from '../lib/environment.js';
import { AttemptSpanInterceptor } from './attemptSpan.js';
import { traceHttpRequests } from './httpSpans.js';

/** A collector that doesn't answer must not delay the stop. */
const EXPORT_AT_STOP_MS = 1_500;

export interface Tracing {
  /** For a Temporal client: its starts and signals belong to the active trace. */
  readonly clientInterceptors: { workflow: WorkflowClientInterceptor[] };
  /** For a worker. The workflows' own interceptors are in their bundle. */
  readonly workerOptions: Pick<WorkerOptions, 'interceptors' | 'sinks'>;
  /** Exports the remaining spans. Resolves in a second or two in any case: what can't be exported by then is dropped. */
  stop(): Promise<void>;
}

/**
 * Starts tracing. Must be called once in a process, before its first request. OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME and the
 * like are OpenTelemetry's own variables, read from the process's environment:
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 *
 * @param serviceName as traces show it where OTEL_SERVICE_NAME doesn't say otherwise
 */
export function startTracing(serviceName: string): Tracing {
  const resource = defaultResource()
    .merge(resourceFromAttributes({ [ATTR_SERVICE_NAME]: serviceName }))
    .merge(detectResources({ detectors: [envDetector] }));
  const processor = hasEndpoint(process.env)
    ? new BatchSpanProcessor(new OTLPTraceExporter())
    : undefined;
  const provider = new BasicTracerProvider({
    resource,
    // Spans that are not sampled are only ids, so that workflows create and hand over nothing that would not be exported.
    ...(processor ? { spanProcessors: [processor] } : { sampler: new AlwaysOffSampler() }),
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());

  const http = processor && traceHttpRequests();
  return {
    clientInterceptors: { workflow: [new OpenTelemetryWorkflowClientInterceptor()] },
    workerOptions: {
      interceptors: {
        activity: [
          (activity) => ({ inbound: new OpenTelemetryActivityInboundInterceptor(activity) }),
          () => ({ inbound: new AttemptSpanInterceptor() }),
        ],
      },
      sinks: { exporter: workflowSpanSink(processor, resource) },
    },
    stop: async () => {
      http?.disable();
      trace.disable();
      context.disable();
      propagation.disable();
      const late = () => new Error('The remaining spans were not exported in time.');
      await withinTime(provider.shutdown(), EXPORT_AT_STOP_MS, { late }).catch(() => undefined);
    },
  };
}

function hasEndpoint(environment: NodeJS.ProcessEnv): boolean {
  const variables = readVariables(environment, [
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    'OTEL_SDK_DISABLED',
    'OTEL_TRACES_EXPORTER',
  ]);
  const endpoint =
    variables.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? variables.OTEL_EXPORTER_OTLP_ENDPOINT;
  const off = variables.OTEL_SDK_DISABLED === 'true' || variables.OTEL_TRACES_EXPORTER === 'none';
  return endpoint !== undefined && !off;
}

/**
 * Receives the spans of workflow code, except while it is replayed. Where the trace was sampled by another process, workflows create
 * spans even if this one exports nothing.
 */
function workflowSpanSink(
  processor: SpanProcessor | undefined,
  resource: Resource,
): InjectedSink<OpenTelemetrySinks['exporter']> {
  if (!processor) return { export: { fn: () => undefined } };
  const exporter = makeWorkflowExporter(processor, resource);
  return {
    export: {
      fn: (info, spans) => {
        // The exporter copies all of this onto each span, so the memo and failures are left out.
        const { runId, taskQueue, workflowId, workflowType } = info;
        const exported = { runId, taskQueue, workflowId, workflowType } as WorkflowInfo;
        return exporter.export.fn(exported, spans.map(withoutFailureText));
      },
    },
  };
}

type WorkflowSpan = Parameters<OpenTelemetrySinks['exporter']['export']>[0][number];

/** A failure of a message has the reason that a person gave for its decision: what kind of failure it is must do. */
function withoutFailureText(span: WorkflowSpan): WorkflowSpan {
  const { code } = span.status;
  const events = span.events.map(({ attributes, ...event }) => ({
    ...event,
    attributes: {
      ...(attributes?.[ATTR_EXCEPTION_TYPE] !== undefined && {
        [ATTR_EXCEPTION_TYPE]: attributes[ATTR_EXCEPTION_TYPE],
      }),
    },
  }));
  return { ...span, status: { code }, events };
}

/** The active span, as W3C's header says it: https://www.w3.org/TR/trace-context/#traceparent-header. Undefined if there is none. */
export function activeTraceparent(): string | undefined {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}

/** The id of the active trace: 32 hex digits. Throws if there is none. */
export function activeTraceId(): string {
  const span = trace.getActiveSpan();
  if (!span) throw new Error('There is no active trace: startTracing was not called.');
  return span.spanContext().traceId;
}
