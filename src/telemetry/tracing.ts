/**
 * OpenTelemetry tracing of a process: one trace from the request that brings a message in to the platform's call and the
 * acknowledgement. Exported over OTLP where an endpoint is configured; otherwise spans are made, since a message's trace id
 * is theirs, and forgotten.
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
import { ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions';
import type { ClientInterceptors } from '@temporalio/client';
import {
  makeWorkflowExporter,
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryWorkflowClientInterceptor,
  type OpenTelemetrySinks,
} from '@temporalio/interceptors-opentelemetry-v2';
import type { InjectedSink, WorkerOptions } from '@temporalio/worker';
import type { WorkflowInfo } from '@temporalio/workflow';
import { AttemptSpanInterceptor } from './attemptSpan.js';
import { traceHttpRequests } from './httpSpans.js';

export interface Tracing {
  /** For a Temporal client: what it starts and signals belongs to the trace that it is done in. */
  readonly clientInterceptors: ClientInterceptors;
  /** For a worker. The workflows' own interceptors are in their bundle. */
  readonly workerOptions: Pick<WorkerOptions, 'interceptors' | 'sinks'>;
  /** Exports what is left, and resolves. */
  stop(): Promise<void>;
}

/**
 * Starts tracing, once for a process and before its first request. OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME and the
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
    // Not sampled, spans are ids and no more: workflows need not make, nor hand over, what nobody wants.
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
      await provider.shutdown();
    },
  };
}

function hasEndpoint(environment: NodeJS.ProcessEnv): boolean {
  const endpoint =
    environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? environment.OTEL_EXPORTER_OTLP_ENDPOINT ?? '';
  const off =
    environment.OTEL_SDK_DISABLED === 'true' || environment.OTEL_TRACES_EXPORTER === 'none';
  return endpoint !== '' && !off;
}

/**
 * Where workflow code leaves its spans, except while it is replayed. Takes them also where nothing is exported: workflows
 * leave them either way.
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
        // The exporter puts all that it is told of the workflow on each span: not the memo, nor a failure.
        const { runId, taskQueue, workflowId, workflowType } = info;
        const told = { runId, taskQueue, workflowId, workflowType } as WorkflowInfo;
        return exporter.export.fn(told, spans);
      },
    },
  };
}

/** The trace that whatever runs now belongs to: 32 hex digits. Throws outside of any. */
export function activeTraceId(): string {
  const span = trace.getActiveSpan();
  if (!span) throw new Error('There is no active trace: startTracing was not called.');
  return span.spanContext().traceId;
}
