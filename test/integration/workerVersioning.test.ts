import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { loadConfiguration } from '../../src/config/configuration.js';
import { OPS, startHarness, type Harness } from '../harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ workers: false });
});
afterAll(() => harness.close());

const DEPLOYMENT = 'sendproof';

const startVersion = (buildId: string) =>
  harness.startWorkers(
    loadConfiguration({
      SENDPROOF_CONFIG: harness.configurationFile,
      SENDPROOF_DEPLOYMENT_NAME: DEPLOYMENT,
      SENDPROOF_BUILD_ID: buildId,
    }),
  );

/** As docs/how-to/operate/upgrade.md says. The version is known a moment after its worker has begun to poll. */
async function makeCurrent(buildId: string): Promise<void> {
  const args = ['worker', 'deployment', 'set-current-version', '--yes'];
  await vi.waitFor(
    () =>
      promisify(execFile)(inject('temporalCliPath'), [
        ...args,
        ...['--deployment-name', DEPLOYMENT, '--build-id', buildId],
        ...['--address', harness.temporalAddress, '--namespace', harness.namespace],
      ]),
    { timeout: 20_000, interval: 500 },
  );
}

async function versionOf(key: string): Promise<unknown> {
  const { raw } = await harness.client.workflow.getHandle(key).describe();
  const { behavior, deploymentVersion } = raw.workflowExecutionInfo?.versioningInfo ?? {};
  return { behavior, buildId: deploymentVersion?.buildId };
}

it('moves a message that was parked under one version to the next, when that becomes the current one', async () => {
  const first = await startVersion('one');
  await makeCurrent('one');
  harness.sandbox.addFault({
    ...{ kind: 'slack_error', error: 'not_in_channel', platform: 'slack' },
    times: 1,
  });
  await harness.send({ deduplicationKey: 'parked', destinations: [OPS], content: { text: 'x' } });
  await harness.waitForStatus('parked', 'dead_lettered');
  const autoUpgrade = 2;
  expect(await versionOf('parked')).toEqual({ behavior: autoUpgrade, buildId: 'one' });

  const second = await startVersion('two');
  try {
    await makeCurrent('two');
    await first.shutdown();
    await harness.request('POST', '/v1/messages/parked/retry', { by: 'ana' });
    await harness.waitForStatus('parked', 'confirmed');
    expect(await versionOf('parked')).toEqual({ behavior: autoUpgrade, buildId: 'two' });
    expect(harness.sandbox.posts()).toHaveLength(1);
  } finally {
    await second.shutdown();
  }
});

it('needs both names, and says so', () => {
  expect(() => loadConfiguration({ SENDPROOF_BUILD_ID: 'one' })).toThrow(
    /SENDPROOF_DEPLOYMENT_NAME/,
  );
});
