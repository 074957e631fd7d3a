import { randomBytes } from 'node:crypto';
import { parseTraceParent } from '@opentelemetry/core';

/** The trace id of a W3C `traceparent` header, or of a trace begun here where there is none or a broken one. */
export function traceIdOf(traceparent: string | undefined): string {
  const parent = traceparent === undefined ? null : parseTraceParent(traceparent);
  return parent?.traceId ?? randomBytes(16).toString('hex');
}
