/** Every error that can reach the API's border: what the sender is answered, and what the log has of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import {
  ActivityNotFoundError,
  NamespaceNotFoundError,
  QueryRejectedError,
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { CancelledFailure, ValueError } from '@temporalio/common';
import proto from '@temporalio/proto';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NoPlace } from '../../src/acceptance/acceptUnroutable.js';
import { MessageRefused } from '../../src/acceptance/refusal.js';
import { AccountHeldBack } from '../../src/accounts/accountConnection.js';
import { AddressNotAllowed } from '../../src/http/addressGuard.js';
import { ApiStopping } from '../../src/api/apiContext.js';
import { Problem } from '../../src/api/problem.js';
import { openApiDocument } from '../../src/api/schema/openapi.js';
import { PROBLEMS, type ProblemType } from '../../src/api/schema/problemTypes.js';
import { startApi, type Api } from '../../src/api/server.js';
import { loadConfiguration } from '../../src/config/configuration.js';
import { AcknowledgementError } from '../../src/domain/acknowledgement.js';
import { DeliveryError } from '../../src/domain/delivery.js';
import { ConfigurationError } from '../../src/lib/configurationError.js';
import type { LoggedError } from '../../src/lib/errorChain.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { startTracing, type Tracing } from '../../src/telemetry/tracing.js';
import { keyMissing } from '../../src/temporal/encryption/unreadableContent.js';
import { NoAnswerInTime } from '../../src/temporal/boundedClient.js';
import { TooManyCalls } from '../../src/temporal/callGate.js';
import { GRPC_STATUS } from '../../src/temporal/grpcStatus.js';
import { clientAnsweredBy, grpcError } from './temporalService.js';

const { WorkflowExecutionStatus } = proto.temporal.api.enums.v1;

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const SECRET = 'what nobody may read in a log';
const CAUSE = new Error('the cause of it');
const SENDABLE = {
  deduplicationKey: 'a-key',
  destinations: ['slack:default/C0123ABC'],
  content: { text: SECRET },
};

interface Line {
  level: number;
  msg: string;
  kind?: string;
  operation?: string;
  traceId?: string;
  status?: number;
  problem?: string;
  err?: LoggedError;
}

let lines: Line[] = [];
let thrown: () => unknown;
let tracing: Tracing;
let api: Api;

beforeAll(async () => {
  tracing = startTracing('sendproof-test');
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      const line = JSON.parse(chunk.toString()) as Line;
      // What is refused is in the audit, whatever its problem.
      if (line.kind !== 'audit') lines.push(line);
      done();
    },
  });
  api = await startApi({
    configuration: loadConfiguration({ PORT: '0', SLACK_BOT_TOKEN: 'unused' }),
    client: clientAnsweredBy(() => {
      throw thrown();
    }),
    metrics: { metrics: createMetrics() },
    log: pino(sink),
  });
});
afterAll(async () => {
  await api.close();
  await tracing.stop();
});
beforeEach(() => {
  lines = [];
});

async function ask(path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(new URL(path, api.url), {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01`,
      'content-type': 'application/json',
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, retryAfter: response.headers.get('retry-after'), text };
}

function typeOf({ text }: { text: string }): string {
  return (JSON.parse(text) as { type: string }).type;
}

/** Types and messages of an error and its causes. */
function chainOf(error: LoggedError | undefined): string[] {
  return error ? [`${error.type}: ${error.message}`, ...chainOf(error.cause)] : [];
}

/** A server's fault is one line with its cause; a sender's fault is none. */
function expectLogged(status: number, type: string, operation: string, cause: unknown): void {
  if (status < 500) {
    expect(lines).toEqual([]);
    return;
  }
  expect(lines).toHaveLength(1);
  const [line] = lines;
  expect(line).toMatchObject({
    msg: 'Request failed',
    level: type === 'internal_error' ? 50 : 40,
    operation,
    traceId: TRACE_ID,
    status,
    problem: type,
  });
  expect(line?.err?.stack).toBeTruthy();
  if (cause instanceof Error) {
    expect(chainOf(line?.err).join('\n')).toContain(cause.message);
    if (cause.cause instanceof Error) {
      expect(chainOf(line?.err).join('\n')).toContain(cause.cause.message);
    }
  }
  expect(JSON.stringify(lines)).not.toContain(SECRET);
}

describe('a gRPC status of Temporal', () => {
  const EXPECTED: Record<keyof typeof GRPC_STATUS, [number, ProblemType]> = {
    OK: [500, 'internal_error'],
    CANCELLED: [503, 'temporal_unavailable'],
    UNKNOWN: [500, 'internal_error'],
    INVALID_ARGUMENT: [500, 'internal_error'],
    DEADLINE_EXCEEDED: [503, 'temporal_unavailable'],
    NOT_FOUND: [404, 'not_found'],
    ALREADY_EXISTS: [500, 'internal_error'],
    PERMISSION_DENIED: [503, 'temporal_refused'],
    RESOURCE_EXHAUSTED: [503, 'overloaded'],
    FAILED_PRECONDITION: [500, 'internal_error'],
    ABORTED: [500, 'internal_error'],
    OUT_OF_RANGE: [500, 'internal_error'],
    UNIMPLEMENTED: [500, 'internal_error'],
    INTERNAL: [500, 'internal_error'],
    UNAVAILABLE: [503, 'temporal_unavailable'],
    DATA_LOSS: [500, 'internal_error'],
    UNAUTHENTICATED: [503, 'temporal_refused'],
  };
  const table = Object.entries(GRPC_STATUS).map(
    ([name, code]) => [name, code, ...EXPECTED[name as keyof typeof GRPC_STATUS]] as const,
  );

  it.each(table)('%s (%i) of a raw call is %i %s', async (_, code, status, type) => {
    const error = grpcError(code, 'the words of the server');
    thrown = () => error;
    const answer = await ask('/v1/messages');
    expect({ status: answer.status, type: typeOf(answer) }).toEqual({ status, type });
    expect(answer.retryAfter !== null).toBe(status === 503);
    expectLogged(status, type, 'GET /v1/messages', error);
  });

  it.each(table)('%s (%i) that the SDK wraps is %i %s', async (_, code, status, type) => {
    const error = grpcError(code, 'the words of the server');
    thrown = () => error;
    // Only of a message that isn't there the status is expected.
    const answer = await ask('/v1/messages/k-of-a-message');
    expect({ status: answer.status, type: typeOf(answer) }).toEqual({ status, type });
    expectLogged(status, type, 'GET /v1/messages/:key', error);
    expect(JSON.stringify(lines)).not.toContain('k-of-a-message');
  });

  it('tells Temporal’s own reason when it is overloaded, also from a worker’s connection', async () => {
    thrown = () => grpcError(GRPC_STATUS.RESOURCE_EXHAUSTED, 'namespace rate limit exceeded');
    expect((await ask('/v1/messages')).text).toContain('namespace rate limit exceeded');
    thrown = () =>
      Object.assign(grpcError(GRPC_STATUS.RESOURCE_EXHAUSTED, ''), {
        message: 'system overloaded',
      });
    expect((await ask('/v1/messages')).text).toContain('system overloaded');
  });

  it('names the configuration when the namespace is missing', async () => {
    for (const error of [
      grpcError(GRPC_STATUS.NOT_FOUND, 'Namespace test is not found.'),
      new NamespaceNotFoundError('test'),
    ]) {
      thrown = () => error;
      const answer = await ask('/v1/messages');
      expect(answer).toMatchObject({ status: 503, retryAfter: '60' });
      expect(typeOf(answer)).toBe('namespace_not_found');
      expect(answer.text).toContain('TEMPORAL_NAMESPACE');
    }
  });
});

describe('an error class', () => {
  const delivery = { outcome: 'permanent', reason: 'not_authorised', cause: CAUSE } as const;
  const fault = { field: 'content', detail: 'is wrong' };
  const unavailable = grpcError(GRPC_STATUS.UNAVAILABLE, 'no connection');
  const bodyError = (type: string) =>
    Object.assign(new Error(type), { type, body: SECRET, limit: 5 });
  const CLASSES: [Error, number, ProblemType][] = [
    // Of sendproof
    [new MessageRefused('invalid', [fault]), 400, 'invalid_request'],
    [new MessageRefused('key_taken', [fault]), 422, 'deduplication_key_reused'],
    [
      new TooManyCalls({ purpose: 'tests', concurrent: 1, waiting: 1, deadlineMs: 1 }),
      503,
      'overloaded',
    ],
    [new NoAnswerInTime(8_000), 503, 'temporal_unavailable'],
    [new ApiStopping(), 503, 'temporal_unavailable'],
    [new ConfigurationError('the configuration', { cause: CAUSE }), 500, 'internal_error'],
    [new DeliveryError('a delivery', delivery), 500, 'internal_error'],
    [
      new AcknowledgementError('an acknowledgement', { reason: 'timeout', cause: CAUSE }),
      500,
      'internal_error',
    ],
    [new AddressNotAllowed('an address'), 500, 'internal_error'],
    [new AccountHeldBack('not_authorised', 'an account'), 500, 'internal_error'],
    [new NoPlace(), 503, 'not_accepted'],
    [keyMissing('k1'), 503, 'content_unreadable'],
    // Of Temporal's SDK
    [new ServiceError('away'), 503, 'temporal_unavailable'],
    [new ServiceError('wrapped', { cause: unavailable }), 503, 'temporal_unavailable'],
    [new ServiceError('unexpected', { cause: new TypeError('ours') }), 500, 'internal_error'],
    [new WorkflowNotFoundError('not found', 'k', undefined), 404, 'not_found'],
    [new NamespaceNotFoundError('n'), 503, 'namespace_not_found'],
    [new WorkflowExecutionAlreadyStartedError('started', 'k', 't'), 500, 'internal_error'],
    [new WorkflowUpdateFailedError('update failed', CAUSE), 500, 'internal_error'],
    [
      new WorkflowUpdateRPCTimeoutOrCancelledError('no answer to the update', {
        cause: grpcError(GRPC_STATUS.DEADLINE_EXCEEDED, 'too late'),
      }),
      503,
      'temporal_unavailable',
    ],
    [
      new WorkflowUpdateRPCTimeoutOrCancelledError('cancelled', {
        cause: new CancelledFailure('cancelled'),
      }),
      503,
      'temporal_unavailable',
    ],
    [new WorkflowFailedError('failed', CAUSE, 'TIMEOUT'), 500, 'internal_error'],
    [
      new QueryRejectedError(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING),
      500,
      'internal_error',
    ],
    [new ActivityNotFoundError('no activity'), 500, 'internal_error'],
    [new ValueError('a value', CAUSE), 500, 'internal_error'],
    // Of express and its body parsers
    [new URIError('a path'), 400, 'invalid_request'],
    [bodyError('entity.parse.failed'), 400, 'malformed_json'],
    [bodyError('entity.too.large'), 413, 'body_too_large'],
    [bodyError('charset.unsupported'), 415, 'unsupported_media_type'],
    [bodyError('encoding.unsupported'), 415, 'unsupported_media_type'],
    [bodyError('request.aborted'), 400, 'invalid_request'],
    [bodyError('request.size.invalid'), 400, 'invalid_request'],
    [bodyError('parameters.too.many'), 400, 'invalid_request'],
    [bodyError('querystring.parse.rangeError'), 400, 'invalid_request'],
    [bodyError('stream.encoding.set'), 500, 'internal_error'],
    // Of JavaScript
    [new TypeError('a mistake', { cause: CAUSE }), 500, 'internal_error'],
    [new AggregateError([CAUSE], 'several'), 500, 'internal_error'],
  ];

  it.each(
    CLASSES.map(
      ([error, status, type]) =>
        [`${error.constructor.name} (${error.message})`, status, type, error] as const,
    ),
  )('%s is %i %s', async (_, status, type, error) => {
    thrown = () => error;
    const answer = await ask('/v1/messages');
    expect({ status: answer.status, type: typeOf(answer) }).toEqual({ status, type });
    expectLogged(status, type, 'GET /v1/messages', error);
  });

  it.each(Object.entries(PROBLEMS).map(([type, [status]]) => [type, status] as const))(
    'Problem of the type %s is %i, with its cause in the log',
    async (type, status) => {
      thrown = () => new Problem(type as ProblemType, 'a detail', { cause: CAUSE });
      const answer = await ask('/v1/messages');
      expect({ status: answer.status, type: typeOf(answer) }).toEqual({ status, type });
      expectLogged(status, type, 'GET /v1/messages', CAUSE);
    },
  );

  it.each([['text'], [undefined], [null], [{ body: SECRET }]])(
    'that is none (%j) is 500 and logged',
    async (value) => {
      thrown = () => value;
      const answer = await ask('/v1/messages');
      expect({ status: answer.status, type: typeOf(answer) }).toEqual({
        status: 500,
        type: 'internal_error',
      });
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatchObject({ operation: 'GET /v1/messages', traceId: TRACE_ID });
      expect(JSON.stringify(lines)).not.toContain(SECRET);
    },
  );

  it('of src/ is in this table, unless it can’t reach the API', () => {
    const elsewhere = [
      'RequestFailed', // Its own file catches it.
      'Late',
      'ContentErased', // Whoever opens content catches it: it is a state of the message.
      'ConversationUnavailable', // The activity of a delivery catches it.
      'NamespaceLost', // It ends the process.
      'PollsRefused',
      'SourceLate', // The routes of sources turn these into answers of their own.
      'TokenRefused', // What lets people in turns these into problems.
      'KeysUnavailable',
      'Unusable',
      'AgainLater',
      'ServerFault', // The consumer of a queue turns these into dead letters.
      'SourceMissing',
      'BoundsFault', // A condition that it ends counts as no match.
      'JsonTooLarge', // Where bodies are read it becomes an answer of its own.
      'RecordTooLarge', // The intake turns it into an answer of its own.
      'TopicRefused', // The intake answers queue_unavailable for whatever a queue fails with.
      'ConversationUnavailable', // The activity that delivers catches it.
      'ConditionFault', // These are reported where the configuration is loaded, or count as no match.
      'PatternFault',
      'LoopFault',
      'RequestTemplateError',
      'TemplateError',
      'EmptyText',
    ];
    const tested = ['Problem', ...CLASSES.map(([error]) => error.constructor.name), ...elsewhere];
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
      (file) => /\.tsx?$/.test(file) && !/^(cli|sandbox)\b/.test(file),
    );
    const declared = files.flatMap((file) =>
      [...readFileSync(join('src', file), 'utf8').matchAll(/class (\w+) extends \w*Error\b/g)].map(
        ([, name]) => name,
      ),
    );
    expect(declared).toContain('DeliveryError');
    expect(declared.filter((name) => name === undefined || !tested.includes(name))).toEqual([]);
  });
});

it('has the same titles and statuses in the examples of the OpenAPI document', () => {
  const examples: { type: ProblemType; title: string; status?: number }[] = [];
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { type, title } = value as { type?: unknown; title?: unknown };
    if (typeof type === 'string' && type in PROBLEMS && typeof title === 'string') {
      examples.push(value as (typeof examples)[number]);
    }
    Object.values(value).forEach(collect);
  };
  collect(openApiDocument('1.2.3'));
  expect(examples.length).toBeGreaterThan(5);
  for (const example of examples) {
    const [status, title] = PROBLEMS[example.type];
    expect(example, example.type).toMatchObject({ title, status });
  }
});

describe('the log line', () => {
  it('is one for each message of a batch that failed, and names the batch', async () => {
    thrown = () => grpcError(GRPC_STATUS.UNAVAILABLE, 'no connection');
    const { text } = await ask('/v1/messages/batch', {
      messages: [SENDABLE, { ...SENDABLE, deduplicationKey: 'b-key' }, { nothing: 'valid' }],
    });
    const { results } = JSON.parse(text) as { results: { status: number }[] };
    expect(results.map(({ status }) => status)).toEqual([503, 503, 400]);
    expect(lines).toMatchObject([
      { operation: 'POST /v1/messages/batch', traceId: TRACE_ID, problem: 'temporal_unavailable' },
      { operation: 'POST /v1/messages/batch', traceId: TRACE_ID, problem: 'temporal_unavailable' },
    ]);
    for (const { err } of lines) expect(chainOf(err).join()).toContain('no connection');
    expect(JSON.stringify(lines)).not.toContain(SECRET);
  });

  it('is written for the pages too', async () => {
    thrown = () => grpcError(GRPC_STATUS.INTERNAL, 'the words of the server');
    const answer = await ask('/messages/k-of-a-message');
    expect(answer.status).toBe(500);
    expect(answer.text).toContain('<!doctype html>');
    expectLogged(500, 'internal_error', 'GET /messages/:key', undefined);
    expect(chainOf(lines[0]?.err).join()).toContain('the words of the server');
    expect(JSON.stringify(lines)).not.toContain('k-of-a-message');
  });

  it('is written once when readiness is lost, however often it is asked for', async () => {
    thrown = () => grpcError(GRPC_STATUS.UNAVAILABLE, 'no connection');
    for (let times = 0; times < 3; times += 1) expect((await ask('/readyz')).status).toBe(503);
    expect(lines).toHaveLength(1);
    expect(chainOf(lines[0]?.err).join()).toContain('no connection');
  });

  it('is written when a scrape can’t read Temporal', async () => {
    thrown = () => grpcError(GRPC_STATUS.UNAVAILABLE, 'no connection');
    expect((await ask('/metrics')).text).toContain('sendproof_temporal_up 0');
    expect(chainOf(lines[0]?.err).join()).toContain('no connection');
  });
});

it.each([
  ['{"content":', 400, 'malformed_json'],
  [JSON.stringify({ text: 'x'.repeat(600_000) }), 413, 'body_too_large'],
])(
  'a body that can’t be parsed is the sender’s fault, and not logged: %#',
  async (body, status, type) => {
    const answer = await ask('/v1/messages', body);
    expect({ status: answer.status, type: typeOf(answer) }).toEqual({ status, type });
    expect(lines).toEqual([]);
  },
);
