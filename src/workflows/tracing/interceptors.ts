/**
 * Traces workflows with Temporal's interceptors for OpenTelemetry, and spares those that no trace is exported of. Each workflow in
 * memory has its own copy of OpenTelemetry's modules, which take longer to evaluate than all the rest and most of its memory
 * (`npm run bench -- memory`). So they are loaded by the first call whose trace may be exported; until then a workflow hands on
 * the trace it was started in.
 */
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import type { WorkflowInterceptors } from '@temporalio/workflow';
import { loadOpenTelemetry } from './openTelemetry.js';

const TRACE_HEADER = '_tracer-data';

/** As https://www.w3.org/TR/trace-context/#traceparent-header has it: without the last bit, nobody exports the trace. */
const UNSAMPLED = /^00-([\da-f]{32})-[\da-f]{16}-[\da-f][02468ace]$/;

export function interceptors(): WorkflowInterceptors {
  let startedWith: Headers = {};
  let openTelemetry: ReturnType<typeof loadOpenTelemetry> | undefined;

  const tracing = ({ headers }: { headers: Headers }) => {
    // Without a trace a new one begins, which is sampled.
    if (unsampledTraceId(headers) === undefined) openTelemetry ??= loadOpenTelemetry();
    return openTelemetry?.inbound;
  };
  // What began without it has no span, though a signal may have loaded it since.
  const tracingOfCaller = () =>
    openTelemetry?.hasActiveSpan() === true ? openTelemetry.outbound : undefined;

  /** In the trace of the start: no handler of a signal or an update makes calls of its own. */
  const handOn = <Input extends { headers: Headers }, Result>(
    input: Input,
    next: (input: Input) => Promise<Result>,
  ): Promise<Result> =>
    asInSpan(async () => {
      const { [TRACE_HEADER]: trace } = startedWith;
      return next({
        ...input,
        headers: { ...input.headers, ...(trace && { [TRACE_HEADER]: trace }) },
      });
    });

  return {
    inbound: [
      {
        execute: (input, next) => {
          startedWith = input.headers;
          return tracing(input)?.execute(input, next) ?? asInSpan(() => next(input));
        },
        handleSignal: (input, next) =>
          tracing(input)?.handleSignal(input, next) ?? asInSpan(() => next(input)),
        handleUpdate: (input, next) =>
          tracing(input)?.handleUpdate(input, next) ?? asInSpan(() => next(input)),
        validateUpdate: (input, next) => {
          const traced = tracing(input);
          if (traced) traced.validateUpdate(input, next);
          else next(input);
        },
        handleQuery: (input, next) =>
          tracing(input)?.handleQuery(input, next) ?? asInSpan(() => next(input)),
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) =>
          tracingOfCaller()?.scheduleActivity(input, next) ?? handOn(input, next),
        scheduleLocalActivity: (input, next) =>
          tracingOfCaller()?.scheduleLocalActivity(input, next) ?? handOn(input, next),
        startChildWorkflowExecution: (input, next) =>
          tracingOfCaller()?.startChildWorkflowExecution(input, next) ?? handOn(input, next),
        signalWorkflow: (input, next) =>
          tracingOfCaller()?.signalWorkflow(input, next) ?? handOn(input, next),
        continueAsNew: (input, next) =>
          tracingOfCaller()?.continueAsNew(input, next) ?? handOn(input, next),
        getLogAttributes: (input, next) => {
          const traced = tracingOfCaller();
          if (traced) return traced.getLogAttributes(input, next);
          const trace_id = unsampledTraceId(startedWith);
          return next(trace_id === undefined ? input : { trace_id, trace_flags: '00', ...input });
        },
      },
    ],
    internals: [
      {
        dispose: (input, next) => {
          if (openTelemetry) void openTelemetry.internals.dispose(input, next);
          else next(input);
        },
      },
    ],
  };
}

/** Undefined if the trace is sampled, or if there is none. */
function unsampledTraceId(headers: Headers): string | undefined {
  const payload = headers[TRACE_HEADER];
  if (!payload) return undefined;
  const { traceparent } = defaultPayloadConverter.fromPayload<{ traceparent?: string }>(payload);
  return UNSAMPLED.exec(traceparent ?? '')?.[1];
}

/**
 * Resolves after exactly as many turns of the microtask queue as the library's `instrument` does within its interceptor: one for
 * each of the four. The turns decide the order of commands within a workflow task, and what was recorded with a span is
 * replayed without one, and the other way round.
 */
async function asInSpan<Result>(call: () => Promise<Result>): Promise<Result> {
  const wrapWithSpan = async () => await call();
  const startActiveSpan = async () => await wrapWithSpan();
  const instrument = async () => await startActiveSpan();
  return await instrument();
}
