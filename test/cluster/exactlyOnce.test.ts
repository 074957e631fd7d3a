import { afterAll, beforeAll, expect, it } from 'vitest';
import { proveEachPostedOnce } from '../exactlyOnceProofs.js';
import { startHarness, type Harness } from '../harness.js';
import { FLEET } from './fleetSize.js';
import { SERVER_VERSION } from './installation.js';

const MESSAGES = 150;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    workers: false,
    requestTimeout: '2s',
    retry: { attempts: 40 },
  });
});
afterAll(() => harness.close());

it(`shows every delivery of ${MESSAGES} messages once, through two APIs and three workers of which some are killed`, async () => {
  await proveEachPostedOnce(harness, {
    ...{ runs: 1, messages: MESSAGES },
    fleet: FLEET,
  });
}, 300_000);

it('is the server of the compose file, on PostgreSQL', async () => {
  const { workflowService } = harness.client;
  const info = await workflowService.getClusterInfo({});
  expect(info).toMatchObject({ persistenceStore: 'postgres12', visibilityStore: 'postgres12' });
  expect(info.serverVersion).toBe(SERVER_VERSION);
});
