import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accountTroubleId, deliveryTaskQueue } from '../../src/contract/names.js';
import { accountId } from '../../src/domain/account.js';
import { readQueueLimits } from '../../src/temporal/queueLimits.js';
import { eventually } from '../eventually.js';
import { eachReaches, expectEachPostedOnce, slackChannel } from '../faults/deliveries.js';
import { startFleet } from '../faults/fleet.js';
import { startHarness, type Harness } from '../harness.js';
import { sendManyAtOnce } from './heldLimits.js';
import { FLEET } from './fleetSize.js';

const ACCOUNT = accountId({ platform: 'slack', account: 'default' });
const QUEUE = deliveryTaskQueue(ACCOUNT);
const MESSAGES = 200;
const SLACK = { platform: 'slack' } as const;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    workers: false,
    limits: { slack: { perDestination: 'off', perAccount: 20 } },
  });
});
afterAll(() => harness.close());

const passes = async () => (await readQueueLimits(harness.client, QUEUE)).perQueue;

it(`stops an account whose credentials are refused for all workers, also where one is killed meanwhile: ${MESSAGES} messages are posted once`, async () => {
  const fleet = await startFleet(harness, FLEET);
  await sendManyAtOnce(fleet, MESSAGES, (index) => slackChannel(index % 50));
  await harness.sandbox.waitForPosts(30, SLACK, 60_000);
  const fault = harness.sandbox.addFault({ kind: 'revoked_token', ...SLACK });
  await eventually(async () => expect(await passes()).toBe(0));
  // Of what was under way then, each worker's part may meet the refusal; afterwards one call after the other tries again.
  const stopped = harness.sandbox.requests(SLACK).length;
  await fleet.replaceWorker();
  await pause(8_000);
  expect(harness.sandbox.requests(SLACK).length - stopped).toBeLessThan(30);

  harness.sandbox.removeFault(fault);
  const keys = Array.from({ length: MESSAGES }, (_, index) => `burst-${index}`);
  expectEachPostedOnce(harness, await eachReaches('confirmed', harness, keys, 120_000));
  await eventually(async () => expect(await passes()).toBe(20));
  const trouble = harness.client.workflow.getHandle(accountTroubleId(ACCOUNT));
  expect((await trouble.describe()).type).toBe('accountTrouble');
}, 240_000);
