import type * as Api from '@opentelemetry/api';
import type * as Library from '@temporalio/interceptors-opentelemetry-v2/lib/workflow/index.js';

/**
 * Evaluates OpenTelemetry's modules for the workflow that calls this, with the bundler's `require`: an `import` would do so at the
 * start of each workflow, and an `import()` has a promise, whose turns a replay would notice.
 */
export function loadOpenTelemetry() {
  /* eslint-disable @typescript-eslint/no-require-imports */
  // The library first: it defines what OpenTelemetry's modules expect of a browser.
  const library =
    require('@temporalio/interceptors-opentelemetry-v2/lib/workflow/index.js') as typeof Library;
  const { trace } = require('@opentelemetry/api') as typeof Api;
  /* eslint-enable @typescript-eslint/no-require-imports */
  return {
    inbound: new library.OpenTelemetryInboundInterceptor(),
    outbound: new library.OpenTelemetryOutboundInterceptor(),
    internals: new library.OpenTelemetryInternalsInterceptor(),
    hasActiveSpan: () => trace.getActiveSpan() !== undefined,
  };
}
