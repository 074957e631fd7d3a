/** A file whose tracing stays would take the spans of the next one, which shares its process: then that one would fail. */
import { isSpanContextValid, trace } from '@opentelemetry/api';
import { afterAll, expect } from 'vitest';

afterAll(() => {
  const span = trace.getTracer('none').startSpan('without tracing');
  const traced = isSpanContextValid(span.spanContext());
  expect(traced, 'Stop the tracing that this file started.').toBe(false);
});
