/** What the product depends on goes away and comes back while messages are under way. None of its processes is started again. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import {
  eachReaches,
  expectEachPostedOnce,
  slackChannel,
  teamsChannel,
} from '../faults/deliveries.js';
import { startFleet, type Fleet } from '../faults/fleet.js';
import { startHarness, type Harness } from '../harness.js';
import { FLEET } from './fleetSize.js';
import { startFullServer, type FullServer } from './fullServer.js';

/** Including what a source waits for between its tries. */
const DRAINED_WITHIN_MS = 150_000;

let server: FullServer;
let harness: Harness;
let fleet: Fleet;
beforeAll(async () => {
  server = await startFullServer(inject('temporalCliPath'));
  harness = await startHarness({
    workers: false,
    temporalAddress: server.address,
    retry: { attempts: 100 },
  });
  fleet = await startFleet(harness, FLEET);
}, 180_000);
afterAll(async () => {
  await harness.close();
  await server.close();
}, 60_000);

/** As a source does: again, until it is accepted. Resolves with the key. */
async function sendUntilAccepted(key: string, place: number): Promise<string> {
  const message = {
    deduplicationKey: key,
    destinations: [slackChannel(place), teamsChannel(place)],
    content: { text: key },
  };
  for (;;) {
    const { status } = await fleet.send(message);
    if (status === 202 || status === 200) return key;
    expect(status).toBe(503);
    await pause(500);
  }
}

/** Sends five messages a second, from a while before the outage until a while after it. */
async function sendThrough(name: string, outage: () => Promise<void>): Promise<string[]> {
  harness.sandbox.reset();
  const sendings: Promise<string>[] = [];
  const sending = setInterval(() => {
    sendings.push(sendUntilAccepted(`${name}-${sendings.length}`, sendings.length));
  }, 200);
  try {
    await pause(3_000);
    await outage();
    await pause(3_000);
  } finally {
    clearInterval(sending);
  }
  return await Promise.all(sendings);
}

async function expectAllDrained(keys: string[]): Promise<void> {
  expectEachPostedOnce(harness, await eachReaches('confirmed', harness, keys, DRAINED_WITHIN_MS));
  const processes = [...fleet.apis, ...fleet.workers];
  expect(processes.map(({ running }) => running)).toEqual(processes.map(() => true));
}

it('delivers all once after the connections to PostgreSQL were away for 30 s', async () => {
  const keys = await sendThrough('database', async () => {
    server.dropDatabase();
    await pause(30_000);
    server.restoreDatabase();
  });
  await expectAllDrained(keys);
}, 300_000);

it('delivers all once after Temporal was killed and started again', async () => {
  const keys = await sendThrough('server', async () => {
    await server.kill();
    await pause(5_000);
    await server.start();
  });
  await expectAllDrained(keys);
}, 300_000);
