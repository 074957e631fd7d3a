/** Real Kafka, real Temporal and consumers as processes: nothing is lost and nothing is posted twice. */
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { openTopics } from '../kafka/topics.js';
import { startKafkaBroker } from '../kafka/broker.js';
import {
  proveAbsence,
  proveCompression,
  proveExactlyOnce,
  proveOrderOverRebalances,
  provePoison,
  proveStart,
  proveStops,
  proveUnreadable,
  replayByCommand,
  type Installation,
} from '../kafka/proofs.js';
import { proveEventsInKafka } from '../eventsProofs.js';
import { startKillableServer } from '../killableServer.js';
import { medianShare, percentages } from '../processorTime.js';
import { startRefusingProxy } from '../refusingProxy.js';

/** Busy machines take several times as long as idle ones. */
const WITHIN_MS = 240_000;

let installation: Installation;
beforeAll(async () => {
  const broker = await startKafkaBroker();
  installation = { broker, topics: await openTopics(broker.address) };
}, 5 * 60_000);
afterAll(async () => {
  await installation.topics.close();
  await installation.broker.close();
});

it('posts each of 600 records once over three kills of the consumer, and one of the broker and of Temporal', async () => {
  const temporal = await startKillableServer();
  try {
    await proveExactlyOnce(installation, temporal, { records: 600, withinMs: WITHIN_MS });
  } finally {
    await temporal.close();
  }
});

it('stops a consumer in time, whatever its group and its broker do', async () => {
  await proveStops(installation);
});

it('keeps the order of each conversation while consumers join, leave and die', async () => {
  await proveOrderOverRebalances(installation, {
    conversations: 20,
    each: 50,
    withinMs: WITHIN_MS,
  });
});

it('keeps 25 records that can’t be accepted among 500 with their reasons, and sends them again', async () => {
  await provePoison(installation, {
    records: 500,
    poison: 25,
    withinMs: WITHIN_MS,
    replay: replayByCommand,
  });
});

it('waits while Temporal is away for 20 s, with less than 5 % of a processor', async () => {
  const proxy = await startRefusingProxy(inject('temporalAddress'));
  try {
    const { processor } = await proveAbsence(installation, proxy, {
      seconds: 20,
      perSecond: 40,
      withinMs: WITHIN_MS,
    });
    console.info(`waiting for Temporal: ${percentages(processor)} of a processor`);
    expect(medianShare(processor)).toBeLessThan(0.05);
  } finally {
    await proxy.close();
  }
});

it('writes the events of 120 messages, while the worker is killed and the broker is away', async () => {
  await proveEventsInKafka(installation, { messages: 120, withinMs: WITHIN_MS });
});

it('reads records whatever they are compressed with', async () => {
  await proveCompression(installation, WITHIN_MS);
});

it('passes over a batch that can’t be decompressed, and keeps its records as dead letters', async () => {
  await proveUnreadable(installation, WITHIN_MS);
});

it('consumes a queue with npm start, and says so', async () => {
  await proveStart(installation);
});
