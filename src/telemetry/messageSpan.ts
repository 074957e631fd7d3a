import { SpanKind, trace, type Span } from '@opentelemetry/api';
import {
  ATTR_MESSAGING_MESSAGE_ID,
  ATTR_MESSAGING_OPERATION_NAME,
  ATTR_MESSAGING_OPERATION_TYPE,
  ATTR_MESSAGING_SYSTEM,
} from '@opentelemetry/semantic-conventions/incubating';

/**
 * Takes one message in under a span of its own, which `take` is given.
 *
 * @param options.root begins a trace, whatever is being traced now
 */
export async function withMessageSpan<Result>(
  deduplicationKey: string,
  options: { root: boolean },
  take: (span: Span) => Promise<Result>,
): Promise<Result> {
  const attributes = {
    [ATTR_MESSAGING_SYSTEM]: 'sendproof',
    [ATTR_MESSAGING_OPERATION_TYPE]: 'create',
    [ATTR_MESSAGING_OPERATION_NAME]: 'accept',
    [ATTR_MESSAGING_MESSAGE_ID]: deduplicationKey,
  };
  return await trace
    .getTracer('sendproof')
    .startActiveSpan(
      'accept message',
      { kind: SpanKind.PRODUCER, attributes, root: options.root },
      async (span) => {
        try {
          return await take(span);
        } finally {
          span.end();
        }
      },
    );
}
