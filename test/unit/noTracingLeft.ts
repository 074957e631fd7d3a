/** A file whose tracing stays would take the spans of the next one, which shares its process: then that one would fail. */
import {
  context,
  createContextKey,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  trace,
} from '@opentelemetry/api';
import { afterAll, expect } from 'vitest';

afterAll(() => {
  const span = trace.getTracer('none').startSpan('without tracing');
  const key = createContextKey('without tracing');
  const kept = context.with(ROOT_CONTEXT.setValue(key, true), () => context.active().getValue(key));
  const left = {
    spans: isSpanContextValid(span.spanContext()),
    contexts: kept !== undefined,
    headers: propagation.fields().length > 0,
  };
  const nothing = { spans: false, contexts: false, headers: false };
  expect(left, 'Stop the tracing that this file started.').toEqual(nothing);
});
