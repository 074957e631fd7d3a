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
} from '@temporalio/interceptors-opentelemetry-v2';
import type { WorkerOptions } from '@temporalio/worker';
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
    spanProcessors: processor ? [processor] : [],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());

  const http = processor && traceHttpRequests();
  return {
    clientInterceptors: { workflow: [new OpenTelemetryWorkflowClientInterceptor()] },
    workerOptions: processor ? exportingWorkerOptions(processor, resource) : {},
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

function exportingWorkerOptions(
  processor: SpanProcessor,
  resource: Resource,
): Tracing['workerOptions'] {
  return {
    interceptors: {
      activity: [
        (activity) => ({ inbound: new OpenTelemetryActivityInboundInterceptor(activity) }),
        () => ({ inbound: new AttemptSpanInterceptor() }),
      ],
    },
    // Called by workflow code, but never while it is replayed: so nothing is recorded twice.
    sinks: { exporter: makeWorkflowExporter(processor, resource) },
  };
}

/** The trace that whatever runs now belongs to: 32 hex digits. Throws outside of any. */
export function activeTraceId(): string {
  const span = trace.getActiveSpan();
  if (!span) throw new Error('There is no active trace: startTracing was not called.');
  return span.spanContext().traceId;
}
