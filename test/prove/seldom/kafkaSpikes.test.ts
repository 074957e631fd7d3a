/** The proofs of Kafka in full size. */
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startKafkaBroker } from '../../kafka/broker.js';
import {
  proveAbsence,
  proveExactlyOnce,
  provePoison,
  replayByCommand,
  type Installation,
} from '../../kafka/proofs.js';
import { openTopics } from '../../kafka/topics.js';
import { startKillableServer } from '../../killableServer.js';
import { medianShare, percentages } from '../../processorTime.js';
import { startRefusingProxy } from '../../refusingProxy.js';

/** Two busy cores post some ten messages a second. */
const WITHIN_MS = 40 * 60_000;

let installation: Installation;
beforeAll(async () => {
  const broker = await startKafkaBroker();
  installation = { broker, topics: await openTopics(broker.address) };
}, 5 * 60_000);
afterAll(async () => {
  await installation.topics.close();
  await installation.broker.close();
});

it(
  'posts each of 10,000 records once over three kills of the consumer, and one of the broker and of Temporal',
  async () => {
    const temporal = await startKillableServer();
    try {
      const { seconds } = await proveExactlyOnce(installation, temporal, {
        records: 10_000,
        withinMs: WITHIN_MS,
      });
      console.info(`10,000 records were posted in ${seconds.toFixed(0)} s`);
    } finally {
      await temporal.close();
    }
  },
  WITHIN_MS + 120_000,
);

it(
  'keeps 50 records that can’t be accepted among 1,000, and sends them again',
  async () => {
    await provePoison(installation, {
      records: 1_000,
      poison: 50,
      withinMs: WITHIN_MS,
      replay: replayByCommand,
    });
  },
  WITHIN_MS + 120_000,
);

it(
  'waits while Temporal is away for 60 s with 200 records a second, and accepts them all then',
  async () => {
    const proxy = await startRefusingProxy(inject('temporalAddress'));
    try {
      const { drainSeconds, processor } = await proveAbsence(installation, proxy, {
        seconds: 60,
        perSecond: 200,
        withinMs: WITHIN_MS,
      });
      console.info(
        `idle: ${percentages(processor)} of a processor; 12,000 records drained in ${drainSeconds.toFixed(0)} s`,
      );
      expect(medianShare(processor)).toBeLessThan(0.05);
    } finally {
      await proxy.close();
    }
  },
  WITHIN_MS + 120_000,
);
