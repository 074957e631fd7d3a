/** The proof of SQS in full. */
import { expect, it } from 'vitest';
import { startKillableServer } from '../../killableServer.js';
import { startElasticMq } from '../../sqs/elasticMq.js';
import { proveExactlyOnce } from '../../sqs/proofs.js';

it(
  'posts each of 3,000 records once over three kills of the consumer, and one of Temporal',
  async () => {
    const server = await startElasticMq();
    const temporal = await startKillableServer();
    try {
      const { seconds } = await proveExactlyOnce(server, temporal, {
        records: 3_000,
        withinMs: 20 * 60_000,
      });
      console.info(`3,000 records: ${seconds.toFixed(0)} s`);
      expect(seconds).toBeGreaterThan(0);
    } finally {
      await temporal.close();
      await server.close();
    }
  },
  30 * 60_000,
);
