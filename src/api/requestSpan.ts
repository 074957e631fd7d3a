/** The spans of the API: one for each request, and below it one for each message that it brings in. */
import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Span,
} from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
} from '@opentelemetry/semantic-conventions';
import {
  ATTR_MESSAGING_MESSAGE_ID,
  ATTR_MESSAGING_OPERATION_NAME,
  ATTR_MESSAGING_OPERATION_TYPE,
  ATTR_MESSAGING_SYSTEM,
} from '@opentelemetry/semantic-conventions/incubating';
import type { Request, RequestHandler } from 'express';

const tracer = trace.getTracer('sendproof.api');

/** Continues the trace of the request's `traceparent`, or begins one. */
export const traceRequests: RequestHandler = (request, response, next) => {
  const parent = propagation.extract(ROOT_CONTEXT, request.headers);
  const { method } = request;
  const attributes = { [ATTR_HTTP_REQUEST_METHOD]: method };
  const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
  response.once('close', () => {
    const route = routeOf(request);
    const { statusCode } = response;
    if (route !== undefined)
      span.updateName(`${method} ${route}`).setAttribute(ATTR_HTTP_ROUTE, route);
    span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, statusCode);
    if (statusCode >= 500) {
      span
        .setStatus({ code: SpanStatusCode.ERROR })
        .setAttribute(ATTR_ERROR_TYPE, String(statusCode));
    }
    span.end();
  });
  context.with(trace.setSpan(parent, span), next);
};

/** As `/v1/messages/:key`: never with the key itself. Undefined where no route took the request. */
function routeOf({ baseUrl, route }: Request): string | undefined {
  const path = (route as { path?: unknown } | undefined)?.path;
  return typeof path === 'string' ? baseUrl + path : undefined;
}

/** Takes one message in under a span of its own, which `take` is given. */
export async function withMessageSpan<Result>(
  deduplicationKey: string,
  take: (span: Span) => Promise<Result>,
): Promise<Result> {
  const attributes = {
    [ATTR_MESSAGING_SYSTEM]: 'sendproof',
    [ATTR_MESSAGING_OPERATION_TYPE]: 'create',
    [ATTR_MESSAGING_OPERATION_NAME]: 'accept',
    [ATTR_MESSAGING_MESSAGE_ID]: deduplicationKey,
  };
  const options = { kind: SpanKind.PRODUCER, attributes };
  return await tracer.startActiveSpan('accept message', options, async (span) => {
    try {
      return await take(span);
    } finally {
      span.end();
    }
  });
}
