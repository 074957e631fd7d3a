import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { ATTR_URL_FULL, ATTR_URL_PATH, ATTR_URL_QUERY } from '@opentelemetry/semantic-conventions';

/** Paths of the platforms' APIs, which name the operation. Any other path may be a secret, as that of a webhook. */
const API_PATHS = [
  // Slack: /api/chat.postMessage
  /^\/api\/[a-z]+\.[A-Za-z.]+$/,
  // Microsoft Graph: /v1.0/teams/…
  /^\/(v1\.0|beta)\/(me|teams|chats)(\/|$)/,
];

/**
 * Creates a span for each HTTP request that is part of a trace. The request carries the trace's ids (`traceparent`), which mean
 * nothing to a receiver without the trace.
 */
export function traceHttpRequests(): UndiciInstrumentation {
  return new UndiciInstrumentation({
    requireParentforSpans: true,
    startSpanHook: ({ origin, path }) => {
      const [pathname = ''] = path.split('?');
      const safePath = API_PATHS.some((known) => known.test(pathname)) ? pathname : '';
      return {
        [ATTR_URL_FULL]: origin + safePath,
        [ATTR_URL_PATH]: safePath,
        [ATTR_URL_QUERY]: '',
      };
    },
  });
}
