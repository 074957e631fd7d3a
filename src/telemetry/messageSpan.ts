import { SpanKind, trace, type Span } from '@opentelemetry/api';
import {
  ATTR_MESSAGING_MESSAGE_ID,
  ATTR_MESSAGING_OPERATION_NAME,
  ATTR_MESSAGING_OPERATION_TYPE,
  ATTR_MESSAGING_SYSTEM,
} from '@opentelemetry/semantic-conventions/incubating';

/**
 * Accepts one message in a span of its own, which is passed to `accept`.
 *
 * @param options.root starts a new trace, even within another one
 */
export async function withMessageSpan<Result>(
  deduplicationKey: string,
  options: { root: boolean },
  accept: (span: Span) => Promise<Result>,
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
          return await accept(span);
        } finally {
          span.end();
        }
      },
    );
}
