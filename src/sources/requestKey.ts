import type { SourceRequest } from './source.js';

/** For protocols without an identity of their own: each request is an event, unless its sender names a key. */
export function requestKey({ headers, id }: SourceRequest): string {
  const given = headers['idempotency-key']?.trim() ?? '';
  return given === '' ? id : given;
}
