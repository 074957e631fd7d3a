import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { ATTR_URL_FULL, ATTR_URL_PATH, ATTR_URL_QUERY } from '@opentelemetry/semantic-conventions';

/** The paths of the platforms' own APIs say which call it is. Any other may be a secret, as a webhook's is. */
const TELLING_PATHS = [
  // Slack: /api/chat.postMessage
  /^\/api\/[a-z]+\.[A-Za-z.]+$/,
  // Microsoft Graph: /v1.0/teams/…
  /^\/(v1\.0|beta)\/(me|teams|chats)(\/|$)/,
];

/**
 * A span for each HTTP request that is made as part of a trace. The request carries the trace on (`traceparent`): ids that
 * mean nothing to who doesn't have the trace.
 */
export function traceHttpRequests(): UndiciInstrumentation {
  return new UndiciInstrumentation({
    requireParentforSpans: true,
    startSpanHook: ({ origin, path }) => {
      const [pathname = ''] = path.split('?');
      const shown = TELLING_PATHS.some((known) => known.test(pathname)) ? pathname : '';
      return { [ATTR_URL_FULL]: origin + shown, [ATTR_URL_PATH]: shown, [ATTR_URL_QUERY]: '' };
    },
  });
}
