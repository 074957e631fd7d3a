/** What Temporal refuses for ever is the sender's to correct, and one message of a batch decides for no other. */
import { afterEach, describe, expect, it } from 'vitest';
import { GRPC_STATUS } from '../../src/temporal/grpcStatus.js';
import { OPS, startIntakeApi, type IntakeApi } from './intakeApi.js';
import { grpcError, type Call } from './temporalService.js';

let intake: IntakeApi | undefined;
afterEach(() => intake?.close());

/** Temporal answers the start of the message `bad` with this. */
async function post(path: string, body: object, failure: Error) {
  intake = await startIntakeApi({}, ({ method, request }: Call) => {
    if (method === 'startWorkflowExecution' && String(request.workflowId).startsWith('bad'))
      throw failure;
    return undefined;
  });
  const response = await fetch(new URL(path, intake.api.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Body };
}

interface Body {
  type: string;
  errors?: { field: string; detail: string }[];
  results: { status: number }[];
}

const messageOf = (deduplicationKey: string) => ({
  deduplicationKey,
  destinations: [OPS],
  content: { text: 'x' },
});

const tooLarge = grpcError(
  GRPC_STATUS.INVALID_ARGUMENT,
  'search attribute Destination value size 3231 exceeds size limit 2048',
);

describe('a limit of the Temporal server', () => {
  it.each([
    ['search attribute Destination value size 3231 exceeds size limit 2048', 'destinations'],
    ['search attribute SourceReference value size 3 exceeds size limit 2', 'correlation.reference'],
    ['search attribute Source value size 3 exceeds size limit 2', 'correlation.source'],
    ['WorkflowId length exceeds limit.', 'deduplicationKey'],
    ['Blob data size exceeds limit.', '(whole body)'],
  ])('is a 400 that names the field: %s', async (reason, field) => {
    const failure = grpcError(GRPC_STATUS.INVALID_ARGUMENT, reason);
    const answer = await post('/v1/messages', messageOf('bad'), failure);
    expect(answer).toMatchObject({ status: 400, body: { type: 'invalid_request' } });
    expect(answer.body.errors).toMatchObject([{ field }]);
    expect(answer.body.errors?.[0]?.detail).toContain('shorten');
  });

  it('is not what else Temporal doesn’t take: that is no fault of the sender', async () => {
    const failure = grpcError(
      GRPC_STATUS.INVALID_ARGUMENT,
      'no mapping for search attribute Source',
    );
    expect((await post('/v1/messages', messageOf('bad'), failure)).status).toBeGreaterThanOrEqual(
      500,
    );
  });
});

describe('one message of a batch', () => {
  const keys = ['bad', ...Array.from({ length: 499 }, (_, index) => `k-${index}`)];

  it.each([
    ['is too large', tooLarge, 400],
    ['is refused for want of resources', grpcError(GRPC_STATUS.RESOURCE_EXHAUSTED, 'blob'), 503],
    ['gets no answer', grpcError(GRPC_STATUS.DEADLINE_EXCEEDED, 'too late'), 503],
    ['meets an unforeseen error', grpcError(GRPC_STATUS.INTERNAL, 'oops'), 500],
  ])('that %s is alone with it, wherever it is', async (_, failure, status) => {
    for (const place of [0, 70, 499]) {
      const ordered = [...keys.slice(1, place + 1), 'bad', ...keys.slice(place + 1)];
      const { body } = await post(
        '/v1/messages/batch',
        { messages: ordered.map(messageOf) },
        failure,
      );
      expect(body.results.map((each) => each.status)).toEqual(
        ordered.map((key) => (key === 'bad' ? status : 202)),
      );
      await intake?.close();
      intake = undefined;
    }
  });

  it('is not waited for a thousand times while Temporal is away', async () => {
    const messages = Array.from({ length: 1_000 }, (_, index) => messageOf(`bad-${index}`));
    const away = grpcError(GRPC_STATUS.UNAVAILABLE, 'no connection');
    const { body } = await post('/v1/messages/batch', { messages }, away);
    expect(body.results).toHaveLength(1_000);
    expect(new Set(body.results.map(({ status }) => status))).toEqual(new Set([503]));
    expect(intake?.calls.length).toBeLessThanOrEqual(50);
  });
});

describe('what is longer than Temporal takes', () => {
  it.each<[string, object]>([
    ['deduplicationKey', { deduplicationKey: '€'.repeat(86) }],
    ['destinations.0', { destinations: [`slack:default/C${'0'.repeat(250)}`] }],
    ['destinations.0', { destinations: [`teams:default/${'€'.repeat(80)}`] }],
    ['correlation.source', { correlation: { source: 'x'.repeat(256) } }],
    ['correlation.reference', { correlation: { reference: 'x'.repeat(256) } }],
    ['correlation.url', { correlation: { url: `https://x.example/${'x'.repeat(2_000)}` } }],
  ])('is refused before Temporal is asked: %s', async (field, change) => {
    const answer = await post('/v1/messages', { ...messageOf('k'), ...change }, tooLarge);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ field }]);
    expect(intake?.calls).toEqual([]);
  });
});
