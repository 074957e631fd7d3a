/** A Temporal that answers every question and refuses every write, as one with a full disk. */
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { GRPC_STATUS } from '../../src/temporal/grpcStatus.js';
import { WriteProof } from '../../src/temporal/writeProof.js';
import { eventually } from '../eventually.js';
import { OPS, startHarness, type Harness } from '../harness.js';
import { startRefusingProxy, type RefusingProxy } from '../refusingProxy.js';

interface Readiness {
  checks: { temporal: boolean; writes: boolean };
  reasons: string[];
}

const WRITES = /\/(Start|Signal)WorkflowExecution$/;

let proxy: RefusingProxy;
let harness: Harness;
let offsetMs = 0;
beforeAll(async () => {
  proxy = await startRefusingProxy(inject('temporalAddress'));
  harness = await startHarness({ temporalAddress: proxy.address });
  const real = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => real() + offsetMs);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await harness.close();
  await proxy.close();
});

const readiness = () => harness.request<Readiness>('GET', '/readyz');
const temporalUp = async () =>
  /^sendproof_temporal_up (\d)$/m.exec(
    (await harness.request<string>('GET', '/metrics')).body,
  )?.[1];
/** As if so much time had passed since the last write. */
const afterAWhile = () => (offsetMs += 15_000);

describe('readiness', () => {
  it('ends with the writes, says why in Temporal’s words, and comes back with them', async () => {
    await eventually(async () => expect(await readiness()).toMatchObject({ status: 200 }));
    expect(await temporalUp()).toBe('1');

    proxy.refuse(WRITES, GRPC_STATUS.UNKNOWN, 'database or disk is full');
    afterAWhile();
    const sent = harness.send({
      deduplicationKey: 'lost',
      destinations: [OPS],
      content: { text: 'x' },
    });
    const refused = await readiness();
    expect(refused).toMatchObject({
      status: 503,
      body: { checks: { temporal: true, writes: false, worker: true, namespace: true } },
    });
    expect(refused.body.reasons).toEqual([
      expect.stringContaining(
        'Temporal can be reached, but doesn’t accept writes (database or disk is full)',
      ),
    ]);
    expect(await temporalUp()).toBe('0');
    proxy.allow();
    await sent;

    afterAWhile();
    await eventually(async () => expect(await readiness()).toMatchObject({ status: 200 }));
    expect(await temporalUp()).toBe('1');
  });

  it('leaves nothing that lists, counts or the backlog of a queue would show', async () => {
    afterAWhile();
    expect(await readiness()).toMatchObject({ status: 200 });
    const run = await harness.client.workflow.getHandle('sendproof/readiness').describe();
    expect(run).toMatchObject({ status: { name: 'RUNNING' }, taskQueue: 'sendproof.readiness' });
    expect(run.raw.pendingWorkflowTask).toBeFalsy();
    const { body } = await harness.request<{ messages: { deduplicationKey: string }[] }>(
      'GET',
      '/v1/messages',
    );
    expect(body.messages.map(({ deduplicationKey }) => deduplicationKey)).not.toContain(
      'sendproof/readiness',
    );
    const one = await harness.request('GET', '/v1/messages/sendproof%2Freadiness');
    expect(one.status).toBe(404);
  });

  it('shares the run with other APIs, each of which may replace it', async () => {
    const { client } = harness;
    const run = async () =>
      (await client.workflow.getHandle('sendproof/readiness').describe()).runId;
    const before = await run();
    const other = new WriteProof(client, pino({ enabled: false }));
    expect(await other.fault()).toBeUndefined();
    expect(await run()).not.toBe(before);
    afterAWhile();
    expect(await readiness()).toMatchObject({ status: 200 });
  });
});
