/** What becomes of an event where Temporal fails to start its message. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTracing, type Tracing } from '../../../src/telemetry/tracing.js';
import { GRPC_STATUS } from '../../../src/temporal/grpcStatus.js';
import { grpcError } from '../temporalService.js';
import { startSourceApi, type SourceApi } from './sourceApi.js';

/** Statuses that say something of the request, or that no message was asked for. */
const NO_FAILURES: readonly number[] = [
  GRPC_STATUS.OK,
  GRPC_STATUS.INVALID_ARGUMENT,
  GRPC_STATUS.ALREADY_EXISTS,
];

describe('an event whose message Temporal fails to start', () => {
  let tracing: Tracing;
  let api: SourceApi;
  let number = 0;
  beforeAll(async () => {
    tracing = startTracing('sendproof-test');
    api = await startSourceApi({ jobs: { type: 'generic', map: { key: '{{ body.id }}' } } }, {});
  });
  afterAll(async () => {
    await api.close();
    await tracing.stop();
  });
  beforeEach(() => {
    number += 1;
    api.starts.length = 0;
  });

  const send = () =>
    fetch(`${api.url}/v1/sources/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: number, title: 'Disk full' }),
    });
  const failOnce = (error: Error) => {
    let isFirst = true;
    api.beforeStart = () => {
      if (!isFirst) return;
      isFirst = false;
      throw error;
    };
  };
  const started = () => api.starts.map(({ workflowId }) => workflowId);

  it.each(Object.entries(GRPC_STATUS).filter(([, status]) => !NO_FAILURES.includes(status)))(
    'is answered 503 after %s, and is itself when it comes again',
    async (_, status) => {
      failOnce(grpcError(status, 'something went wrong'));
      const answer = await send();
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(started()).toEqual([]);
      expect((await send()).status).toBe(202);
      expect(started()).toEqual([`jobs:${number}`]);
    },
  );

  it.each([
    ['Temporal calls it invalid', grpcError(GRPC_STATUS.INVALID_ARGUMENT, 'no such thing')],
    ['sendproof has a fault', new RangeError('out of range')],
  ])('is shown as one that has no place where %s', async (_, error) => {
    failOnce(error);
    expect((await send()).status).toBe(202);
    expect(started()).toEqual([`jobs:${number}/unroutable`]);
  });
});
