/** The part of PagerDuty's API for notes on incidents: https://developer.pagerduty.com/api-reference */
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type {
  Answer,
  PlatformCall,
  PlatformRequest,
  SimulatedPlatform,
  SandboxState,
  ErrorAnswers,
} from '../call.js';
import { decodeSegment } from '../pathSegment.js';
import type { SandboxPost } from '../posts.js';

/** The prefix of the incidents' paths. */
export const PAGERDUTY_PREFIX = '/incidents/';
export const PAGERDUTY_TOKEN = 'sandbox-pagerduty-token';

/** https://support.pagerduty.com/main/docs/rest-api-rate-limits: 960 requests a minute. */
const PER_ACCOUNT = { burst: 960, perSecond: 16 };

const noteSchema = z.object({ note: z.object({ content: z.string().min(1) }) });

export function simulatePagerDuty({ limiter, places, posts }: SandboxState): SimulatedPlatform {
  return {
    platform: 'pagerduty',
    errorAnswers: PAGERDUTY_ERROR_ANSWERS,

    parseRequest({ request, url, body }: PlatformRequest): PlatformCall {
      const [incident = '', resource, ...rest] = url.pathname
        .slice(PAGERDUTY_PREFIX.length)
        .split('/');
      const path = decodeSegment(incident);
      const known = resource === 'notes' && rest.length === 0;
      const operation =
        known && request.method === 'GET'
          ? 'listNotes'
          : known && request.method === 'POST'
            ? 'createNote'
            : 'unknown';
      return {
        operation,
        path,
        posts: operation === 'createNote',
        execute: () => execute(operation, path, request.headers, body),
      };
    },
  };

  function execute(
    operation: 'listNotes' | 'createNote' | 'unknown',
    path: string,
    { authorization, from }: IncomingHttpHeaders,
    body: Buffer,
  ): Answer {
    if (authorization !== `Token token=${PAGERDUTY_TOKEN}`) return unauthorised();
    if ((limiter?.take([{ key: 'pagerduty', limit: PER_ACCOUNT }]) ?? 0) > 0) return tooMany('1');
    if (operation === 'unknown' || !places.find('pagerduty', path)) {
      return refusal(404, 2100, 'Not Found');
    }
    if (operation === 'listNotes') {
      return { status: 200, body: { notes: posts.of('pagerduty', path).map(noteOf) } };
    }
    const content = contentOf(body);
    if (from === undefined || content === undefined) {
      return refusal(400, 2001, 'Invalid Input Provided');
    }
    const microseconds = posts.nextId();
    const post = posts.add({
      platform: 'pagerduty',
      path,
      id: `PN${microseconds}`,
      text: content,
      postedAt: Math.floor(microseconds / 1000),
      content: { kind: 'note', text: content, from },
    });
    return { status: 200, body: { note: noteOf(post) }, post };
  }
}

function noteOf({ id, postedAt, text }: SandboxPost) {
  return { id, content: text, created_at: new Date(postedAt).toISOString() };
}

function contentOf(body: Buffer): string | undefined {
  try {
    return noteSchema.safeParse(JSON.parse(body.toString())).data?.note.content;
  } catch {
    return undefined;
  }
}

function refusal(status: number, code: number, message: string): Answer {
  return { status, body: { error: { message, code } }, error: String(code) };
}

const unauthorised = (): Answer => refusal(401, 2006, 'Authentication failed');

/** PagerDuty has no Retry-After. */
function tooMany(resetSeconds: string | undefined): Answer {
  const answer = refusal(429, 2020, 'Rate Limit Exceeded');
  return resetSeconds === undefined
    ? answer
    : { ...answer, headers: { 'ratelimit-reset': resetSeconds } };
}

const PAGERDUTY_ERROR_ANSWERS: ErrorAnswers = {
  rateLimited: tooMany,
  revokedToken: unauthorised,
  httpError: (status) => refusal(status, 5001, 'A fault of the sandbox'),
};
