/** The span of a request to the API. */
import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
} from '@opentelemetry/semantic-conventions';
import type { RequestHandler } from 'express';
import { routeOf } from './operation.js';

/** Continues the trace of the request's `traceparent`, or begins one. Its id is in `response.locals.traceId`. */
export const traceRequests: RequestHandler = (request, response, next) => {
  // What the router of the sources passes on has its span.
  if ((response.locals as { traceId?: string }).traceId !== undefined) {
    next();
    return;
  }
  const parent = propagation.extract(ROOT_CONTEXT, request.headers);
  const { method } = request;
  const attributes = { [ATTR_HTTP_REQUEST_METHOD]: method };
  const span = trace
    .getTracer('sendproof.api')
    .startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
  response.locals.traceId = span.spanContext().traceId;
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
