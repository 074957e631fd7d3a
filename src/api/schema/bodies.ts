/** The bodies of requests and answers for the OpenAPI document, each with its examples. */
import { z } from 'zod';
import type { ZodOpenApiMediaTypeObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import { problemSchema } from './problem.js';
import { PROBLEMS } from './problemTypes.js';

interface Example<Value> {
  /** A sentence that says what the example shows. */
  summary: string;
  value: Value;
}

/** JSON of this schema. The type checks each example; a test validates it. */
export function jsonContent<Schema extends z.ZodType>(
  schema: Schema,
  examples: Record<string, Example<z.input<Schema>>>,
): { 'application/json': ZodOpenApiMediaTypeObject } {
  return { 'application/json': { schema, examples } };
}

/** The status and the title follow from the type. */
type ProblemExample = Omit<z.input<typeof problemSchema>, 'status' | 'title'>;

interface ProblemAnswer {
  description: string;
  example: ProblemExample;
}

const ANSWERS = {
  400: {
    description: 'The request is not valid. `errors` names each wrong field.',
    example: {
      type: 'invalid_request',
      detail: 'destination: must be at most 250 characters',
      errors: [{ field: 'destination', detail: 'must be at most 250 characters' }],
    },
  },
  401: {
    description: 'The request has no valid API key.',
    example: {
      type: 'not_authenticated',
      detail:
        'Send one of the keys of SENDPROOF_API_KEYS, or of "keys:" in the configuration, as "Authorization: Bearer <key>".',
    },
  },
  403: {
    description:
      'The key lacks the scope that the operation needs, or may not use this destination or source. Or a page of another site made the request.',
    example: {
      type: 'not_allowed',
      detail: 'The key "ci" lacks the scope "decide", which this needs. It has: send.',
    },
  },
  404: {
    description: 'No message with this key is known.',
    example: {
      type: 'not_found',
      detail:
        'No message with the key "pagerduty-55-triggered" is known: it was never accepted, or its retention has ended.',
    },
  },
  409: {
    description: 'The state of the message does not allow this decision. `detail` says why.',
    example: {
      type: 'nothing_to_decide',
      detail: 'It was confirmed at 2026-11-23T12:00:01.000Z: nothing was sent again.',
    },
  },
  413: {
    description: 'The body is too large.',
    example: {
      type: 'body_too_large',
      detail: 'The body may have at most 524288 bytes.',
    },
  },
  415: {
    description: 'The body is not JSON in UTF-8, or is compressed in an unknown encoding.',
    example: {
      type: 'unsupported_media_type',
      detail: 'Send JSON, with the header "Content-Type: application/json".',
    },
  },
  421: {
    description: 'The Host header names a host that is not one of this API.',
    example: {
      type: 'wrong_host',
      detail:
        'The request names the host "sendproof.example.net", which is not one of this API. Use its address or localhost. If the name is right, have the API started with PUBLIC_URL set to its URL, or with the name in SENDPROOF_ALLOWED_HOSTS.',
    },
  },
  422: {
    description: 'The key was used for other content. `errors` names the fields that differ.',
    example: {
      type: 'deduplication_key_reused',
      detail: 'The key belongs to a message that differs in the fields listed. Nothing was sent.',
      errors: [{ field: 'content.text', detail: 'differs from what the key was first used for' }],
    },
  },
  429: {
    description:
      'The caller makes more requests than its rate limit allows. Send the same request again after the time in Retry-After.',
    example: {
      type: 'too_many_requests',
      detail:
        'This caller may make 100 requests at once, and 100 in a second after that. Send it again after the time in Retry-After: it was not looked at.',
    },
  },
  500: {
    description: 'The API has an error of its own. Its log has the cause.',
    example: {
      type: 'internal_error',
      detail: 'The error is in the log of the API.',
    },
  },
  503: {
    description:
      'Temporal is unavailable or overloaded. Send the same request again after the time in Retry-After.',
    example: {
      type: 'temporal_unavailable',
      detail:
        'Temporal didn’t answer. Send it again with the same deduplication key: if it was accepted after all, that is answered as a duplicate.',
    },
  },
} satisfies Record<number, ProblemAnswer>;

type ProblemStatus = keyof typeof ANSWERS;

type Particular = Partial<Record<ProblemStatus, ProblemAnswer>>;

const HEADERS: Partial<Record<ProblemStatus, z.ZodObject>> = {
  401: z.object({
    'WWW-Authenticate': z.string().meta({
      description: 'The scheme in which keys of the API are sent.',
      examples: ['Bearer'],
    }),
  }),
  429: z.object({
    'Retry-After': z.int().meta({
      description: 'The time to wait before the next request, in seconds.',
      examples: [1],
    }),
    RateLimit: z.string().meta({
      description:
        'What is left, as in every answer to a caller with a limit: `r` requests, and `t` seconds until all of them are there again.',
      examples: ['"key";r=0;t=1'],
    }),
    'RateLimit-Policy': z.string().meta({
      description: 'The limit: `q` requests in `w` seconds.',
      examples: ['"key";q=100;w=1'],
    }),
  }),
  503: z.object({
    'Retry-After': z.int().meta({
      description: 'The time to wait before the next request, in seconds.',
      examples: [2],
    }),
  }),
};

export function problemExample({ type, ...rest }: ProblemExample): z.input<typeof problemSchema> {
  const [status, title] = PROBLEMS[type];
  return { type, title, status, ...rest };
}

/** Answers with a problem document, and with 421 and 500 besides. `particular` replaces the general example. */
export function problems(
  statuses: readonly ProblemStatus[],
  particular: Particular = {},
): ZodOpenApiResponsesObject {
  return problemsWithout500([...statuses, 421, 500], particular);
}

/** The same for operations that turn each error of the API into a 503. */
export function problemsWithout500(
  statuses: readonly ProblemStatus[],
  particular: Particular,
): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    statuses.map((status) => {
      const { description, example }: ProblemAnswer = particular[status] ?? ANSWERS[status];
      const value = problemExample(example);
      const examples = { [value.type]: { summary: `${value.title}.`, value } };
      const headers = HEADERS[status];
      const content = { 'application/problem+json': { schema: problemSchema, examples } };
      return [status, { description, content, ...(headers && { headers }) }];
    }),
  );
}
