import type { RequestHandler } from 'express';
import { invalidRequest } from './problem.js';

/**
 * The headers that decide what the API does. Each has one value by its definition, so none may be sent twice. A repeated
 * `traceparent` only begins a new trace: an alert is not refused for it.
 */
const SINGLE = [
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'idempotency-key',
  'origin',
  'sec-fetch-site',
] as const;

/**
 * Refuses a request in which such a header is repeated. Node.js joins some of these and drops the others: what was meant
 * would be guessed, and a proxy in front may guess otherwise.
 */
export const assertSingleHeaders: RequestHandler = (request, _response, next) => {
  const repeated = SINGLE.filter((name) => (request.headersDistinct[name]?.length ?? 0) > 1);
  if (repeated.length > 0) {
    throw invalidRequest(
      repeated.map((name) => ({
        field: name,
        detail: `the header is sent ${request.headersDistinct[name]?.length ?? 0} times: send it once`,
      })),
    );
  }
  next();
};
