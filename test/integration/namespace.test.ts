/** A namespace that lacks what sendproof needs: who says so, and that the remedy is noticed. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { afterEach, beforeEach, expect, inject, it, vi } from 'vitest';
import { SEARCH_ATTRIBUTES } from '../../src/contract/searchAttributes.js';
import { msToTs } from '../../src/temporal/sdkInternals.js';
import { eventually } from '../eventually.js';
import { resolvePort } from '../../src/lib/ports.js';
import { environmentOf, ProductProcess } from '../faults/productProcess.js';
import { OPS, startHarness, type Harness, type ProblemBody } from '../harness.js';

vi.setConfig({ testTimeout: 120_000 });

interface Readiness {
  status: string;
  checks?: { namespace: boolean };
  reasons: string[];
}

const NAMES = SEARCH_ATTRIBUTES.map(({ name }) => name);

let harness: Harness;
beforeEach(async () => {
  const namespace = `bare-${process.pid}-${Date.now()}`;
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('24h'),
  });
  await eventually(() => connection.workflowService.describeNamespace({ namespace }));
  await connection.close();
  harness = await startHarness({ workers: false, namespace });
});
afterEach(() => harness.close());

/** The names of search attributes in the commands of the reasons. */
const named = (reasons: readonly string[]) =>
  reasons.flatMap((reason) => /search-attribute create .*--name (\w+)/.exec(reason)?.[1] ?? []);

async function paste(reason: string): Promise<void> {
  const [, command = ''] = /: temporal (operator .*)$/.exec(reason) ?? [];
  const address = ['--address', harness.temporalAddress];
  await promisify(execFile)(inject('temporalCliPath'), [...command.split(' '), ...address]);
}

it('is named by API and worker with the commands, and used as soon as they were run', async () => {
  const metrics = `127.0.0.1:${await resolvePort(0)}`;
  const worker = new ProductProcess('worker', {
    ...environmentOf(harness),
    WORKER_METRICS_ADDRESS: metrics,
  });
  harness.closeWith(() => worker.kill('SIGKILL'));
  const api = new ProductProcess('api', environmentOf(harness));
  harness.closeWith(() => api.kill('SIGKILL'));
  await worker.logged('The worker runs');
  const { url } = (await api.logged('The API listens')) as unknown as { url: string };

  const readiness = async (of: string): Promise<Readiness> =>
    (await harness.request<Readiness>('GET', `${of}/readyz`)).body;
  for (const { log } of [worker, api]) {
    await eventually(() => expect(named(log.map(({ msg }) => msg))).toEqual(NAMES));
  }
  const { reasons, checks } = await readiness(url);
  expect(checks).toMatchObject({ namespace: false });
  expect(named(reasons)).toEqual(NAMES);
  expect(named((await readiness(`http://${metrics}`)).reasons)).toEqual(NAMES);
  const refused = await harness.request<ProblemBody>('POST', `${url}/v1/messages`, {
    deduplicationKey: 'early',
    destinations: [OPS],
    content: { text: 'x' },
  });
  expect(refused).toMatchObject({ status: 503, body: { type: 'namespace_incomplete' } });

  const last = reasons.find((reason) => reason.includes('FailureReason')) ?? '';
  for (const reason of reasons.filter((each) => each !== last)) await paste(reason);
  await eventually(async () =>
    expect(named((await readiness(url)).reasons)).toEqual(['FailureReason']),
  );
  await paste(last);
  await eventually(async () => expect(await readiness(url)).toMatchObject({ status: 'ready' }));
  await eventually(async () =>
    expect(await readiness(`http://${metrics}`)).toEqual({
      status: 'ready',
      reasons: [],
      warnings: [],
    }),
  );
  await harness.send({ deduplicationKey: 'then', destinations: [OPS], content: { text: 'x' } });
  await harness.waitForStatus('then', 'confirmed');
});
