/** Real SQS protocol, real Temporal and consumers as processes: nothing is lost and nothing is posted twice. */
import { afterAll, beforeAll, it } from 'vitest';
import { proveEventsInSqs } from '../eventsProofs.js';
import { startKillableServer } from '../killableServer.js';
import { startElasticMq, type ElasticMq } from '../sqs/elasticMq.js';
import { proveExactlyOnce, provePoison } from '../sqs/proofs.js';

/** Busy machines take several times as long as idle ones. */
const WITHIN_MS = 240_000;

let server: ElasticMq;
beforeAll(async () => {
  server = await startElasticMq();
}, 5 * 60_000);
afterAll(() => server.close());

it('posts each of 500 records once over three kills of the consumer, and one of Temporal', async () => {
  const temporal = await startKillableServer();
  try {
    await proveExactlyOnce(server, temporal, { records: 500, withinMs: WITHIN_MS });
  } finally {
    await temporal.close();
  }
});

it('posts each of 300 records of a FIFO queue once over the same', async () => {
  const temporal = await startKillableServer();
  try {
    await proveExactlyOnce(server, temporal, {
      ending: '.fifo',
      records: 300,
      withinMs: WITHIN_MS,
    });
  } finally {
    await temporal.close();
  }
});

it('writes the events of 40 messages to a FIFO queue, while the worker is killed', async () => {
  await proveEventsInSqs(server, { messages: 40, withinMs: WITHIN_MS });
});

it('keeps 20 records that can’t be accepted among 300 with their reasons, and sends them again', async () => {
  await provePoison(server, { records: 300, poison: 20, withinMs: WITHIN_MS });
});
