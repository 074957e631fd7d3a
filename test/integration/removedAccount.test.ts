import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createServedAccounts } from '../../src/activities/servedAccounts.js';
import type { Configuration } from '../../src/config/configuration.js';
import { accountId } from '../../src/domain/account.js';
import { startHarness, type Harness } from '../harness.js';

let harness: Harness;

const GONE = 'slack:gone/C0123ABC';
/** Of an account that no worker has either. The configuration tells whether it counts as removed. */
const LATE = 'slack:late/C0123ABC';

const silent = pino({ level: 'silent' });

beforeAll(async () => {
  harness = await startHarness({
    workers: false,
    environment: { A_TOKEN: 'any' },
    sandboxSettings: ({ slackApiUrl }) => {
      const account = { token: { env: 'A_TOKEN' }, apiUrl: slackApiUrl };
      return { accounts: { slack: { gone: account, late: account } } };
    },
  });
  await harness.startWorkers(without('gone', 'late'));
});

afterAll(() => harness.close());

/** What the workers have: the accounts were removed, and the API has not heard of it yet. */
function without(...names: string[]): Configuration {
  const { configuration } = harness;
  return {
    ...configuration,
    accounts: configuration.accounts.filter(({ name }) => !names.includes(name)),
  };
}

function activitiesWith(configuration: Configuration) {
  return createServedAccounts({ client: harness.client, configuration, log: silent });
}

type Pace = Parameters<ReturnType<typeof activitiesWith>['releaseUnserved']>[0];

/** A check with all its tries. */
async function release(configuration: Configuration, pace: Pace = {}) {
  const activities = activitiesWith(configuration);
  let heartbeatDetails: unknown;
  for (let tries = 1; ; tries += 1) {
    const environment = new MockActivityEnvironment({ attempt: tries, heartbeatDetails });
    environment.on('heartbeat', (details: unknown) => (heartbeatDetails = details));
    try {
      const check = () => activities.releaseUnserved({ waitedMs: 0, ...pace });
      return { signals: await environment.run(check), tries };
    } catch (error) {
      if (!(error instanceof ApplicationFailure)) throw error;
    }
  }
}

async function send(deduplicationKey: string, ...destinations: string[]): Promise<void> {
  const content = { text: 'for an account that was removed' };
  const { status } = await harness.send({ deduplicationKey, destinations, content });
  expect(status).toBe(202);
}

/** How many signals the message has received. */
async function signalsOf(key: string): Promise<number> {
  const { events } = await harness.client.workflow.getHandle(key).fetchHistory();
  return (events ?? []).filter(
    (event) => event.workflowExecutionSignaledEventAttributes?.signalName === 'accountRemoved',
  ).length;
}

it('makes a dead letter of a message whose account was removed, and again at its retry', async () => {
  await send('orphan', GONE);
  const activities = activitiesWith(without('gone'));
  const gone = accountId({ platform: 'slack', account: 'gone' });
  expect(await activities.isAccountServed(gone)).toBe(false);
  expect(await activitiesWith(harness.configuration).isAccountServed(gone)).toBe(true);
  await expect
    .poll(() => release(without('gone')), { timeout: 30_000 })
    .toMatchObject({ signals: 1 });

  const parked = await harness.waitForStatus('orphan', 'dead_lettered');
  expect(parked.deadLetters).toMatchObject([
    { destination: GONE, reason: 'account_not_configured' },
  ]);
  expect(parked.explanation).toMatch(/^Never sent to slack:gone/);
  const [first] = parked.deadLetters;

  expect((await harness.request('POST', '/v1/messages/orphan/retry', { by: 'ana' })).status).toBe(
    202,
  );

  await expect
    .poll(async () => (await harness.message('orphan')).deadLetters[0]?.at, { timeout: 20_000 })
    .not.toBe(first?.at);
  const again = await harness.waitForStatus('orphan', 'dead_lettered');
  expect(again.deadLetters).toMatchObject([{ reason: 'account_not_configured' }]);
  expect(again.explanation).toContain('account');
});

it('signals a message only while a delivery of it waits for the removed account', async () => {
  await send('decided', GONE, LATE);
  await expect
    .poll(async () => ((await release(without('gone'))).signals, await signalsOf('decided')))
    .toBe(1);
  await harness.waitForStatus('decided', 'dead_lettered');
  const decision = { by: 'ana', reason: 'moved', destination: GONE };
  const { status } = await harness.request('POST', '/v1/messages/decided/discard', decision);
  expect(status).toBe(202);
  await harness.waitForStatus('decided', 'delivering');

  // Found by the check, since the other account's delivery is overdue.
  expect((await release(without('gone'))).signals).toBe(0);
  expect(await signalsOf('decided')).toBe(1);
  await harness.client.workflow.getHandle('decided').terminate();
});

it('releases a delivery of a message that has another one parked', async () => {
  await send('half-parked', GONE, LATE);
  await expect
    .poll(async () => ((await release(without('gone'))).signals, await signalsOf('half-parked')))
    .toBe(1);
  await harness.waitForStatus('half-parked', 'dead_lettered');

  expect((await release(without('gone', 'late'))).signals).toBe(1);

  await expect
    .poll(async () => (await harness.message('half-parked')).deadLetters, { timeout: 30_000 })
    .toMatchObject([{ destination: GONE }, { destination: LATE }]);
  expect((await release(without('gone', 'late'))).signals).toBe(0);
});

it('reaches every message, in as many tries as it takes and past one that fails', async () => {
  const keys = ['first', 'second', 'third', 'fourth'];
  for (const key of keys) await send(key, LATE);
  for (const key of keys) await harness.waitForStatus(key, 'delivering');
  const { workflow } = harness.client;
  const getHandle = workflow.getHandle.bind(workflow);
  const broken = vi.spyOn(workflow, 'getHandle').mockImplementation((key, ...others) => {
    if (key === 'third') throw new Error('Temporal refuses it');
    return getHandle(key, ...others);
  });

  const { signals, tries } = await release(without('gone', 'late'), { pageSize: 1, tryMs: 0 });
  broken.mockRestore();

  expect(signals).toBe(3);
  expect(tries).toBeGreaterThanOrEqual(keys.length);
  expect(await Promise.all(keys.map(signalsOf))).toEqual([1, 1, 0, 1]);
});

it('signals no further page while the workers have not taken up the last one', async () => {
  const keys = ['one', 'two', 'three'];
  for (const key of keys) await send(key, LATE);
  for (const key of keys) await harness.waitForStatus(key, 'delivering');
  const service = harness.client.workflowService;
  const describeWorkflow = service.describeWorkflowExecution.bind(service);
  let looks = 0;
  let areBusy = true;
  const busy = vi
    .spyOn(service, 'describeWorkflowExecution')
    .mockImplementation(async (request: Parameters<typeof describeWorkflow>[0]) => {
      looks += 1;
      const answer = await describeWorkflow(request);
      if (areBusy) answer.pendingWorkflowTask = { attempt: 1 };
      return answer;
    });
  const signalled = async () => (await Promise.all(keys.map(signalsOf))).filter(Boolean).length;

  const releasing = release(without('gone', 'late'), { pageSize: 1 });
  await expect.poll(signalled, { timeout: 20_000 }).toBe(1);
  const looksBefore = looks;
  await expect.poll(() => looks, { timeout: 20_000 }).toBeGreaterThan(looksBefore + 3);
  expect(await signalled()).toBe(1);

  areBusy = false;
  await releasing;
  busy.mockRestore();
  expect(await Promise.all(keys.map(signalsOf))).toEqual([1, 1, 1]);
});
