/** The span of a record that is taken from a queue. */
import { context, propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import {
  ATTR_MESSAGING_DESTINATION_NAME,
  ATTR_MESSAGING_OPERATION_NAME,
  ATTR_MESSAGING_OPERATION_TYPE,
  ATTR_MESSAGING_SYSTEM,
} from '@opentelemetry/semantic-conventions/incubating';
import type { ConfiguredQueue } from '../config/queues.js';
import type { QueueRecord } from '../queues/queue.js';

/** Continues the trace of the record's header `traceparent`, or begins one. */
export async function withRecordSpan<Result>(
  { headers }: QueueRecord,
  { name, type }: Pick<ConfiguredQueue, 'name' | 'type'>,
  handle: (traceId: string) => Promise<Result>,
): Promise<Result> {
  const parent = propagation.extract(ROOT_CONTEXT, headers);
  const span = trace.getTracer('sendproof.ingest').startSpan(
    `process ${name}`,
    {
      kind: SpanKind.CONSUMER,
      attributes: {
        [ATTR_MESSAGING_SYSTEM]: type,
        [ATTR_MESSAGING_OPERATION_TYPE]: 'process',
        [ATTR_MESSAGING_OPERATION_NAME]: 'process',
        [ATTR_MESSAGING_DESTINATION_NAME]: name,
      },
    },
    parent,
  );
  try {
    return await context.with(trace.setSpan(parent, span), () =>
      handle(span.spanContext().traceId),
    );
  } finally {
    span.end();
  }
}
