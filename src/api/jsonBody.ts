import { type RequestHandler, json } from 'express';
import { Problem } from './problem.js';

/** Parses JSON and nothing else. A request without a body goes on without one. */
export function jsonBody(limitBytes: number): RequestHandler {
  const parse: RequestHandler = json({ limit: limitBytes, inflate: false });
  return (request, response, next) => {
    const hasBody = request.get('transfer-encoding') ?? request.get('content-length') ?? '0';
    if (hasBody !== '0' && !request.is('json')) {
      throw new Problem(
        'unsupported_media_type',
        'Send JSON, with the header "Content-Type: application/json".',
      );
    }
    parse(request, response, next);
  };
}
