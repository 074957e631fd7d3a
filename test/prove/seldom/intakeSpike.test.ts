/** A spike, with Kafka behind the API and side by side without: how fast it is accepted, and how long it takes to drain. */
import { expect, it } from 'vitest';
import { startHarness } from '../../harness.js';
import { startApiProcess } from '../../faults/productProcess.js';
import { post, withoutIntake } from '../../intakeProofs.js';
import { startIngestProcess } from '../../faults/productProcess.js';
import { startKafkaBroker } from '../../kafka/broker.js';
import { GROUP } from '../../kafka/proofs.js';
import { countWorkflows, record, until } from '../../queueProofs.js';
import { openTopics } from '../../kafka/topics.js';

const SPIKE = 10_000;
const DIRECT = 500;
/** Before the spike: so many that the process has compiled what it runs. */
const WARM_UP = 2_000;
const AT_ONCE = 50;
const WITHIN_MS = 30 * 60_000;

it(
  `takes ${SPIKE} messages at the speed of the queue, and accepts them all`,
  async () => {
    const broker = await startKafkaBroker();
    const topics = await openTopics(broker.address);
    await topics.create({ spike: 4, 'spike.dlq': 1 });
    const kafka = { brokers: [broker.address], topic: 'spike', group: GROUP };
    const harness = await startHarness({
      workers: false,
      settings: { queues: { main: { kafka } }, intake: { queue: 'main' } },
    });
    try {
      const bodies = (from: number, count: number) =>
        Array.from({ length: count }, (_, index) => record(from + index).value);
      const direct = await startApiProcess(harness, {
        SENDPROOF_CONFIG: await withoutIntake(harness),
      });
      const directly = await post(direct.url, bodies(SPIKE, DIRECT), AT_ONCE);
      await direct.process.kill('SIGTERM');

      const queued = await startApiProcess(harness);
      await post(queued.url, bodies(SPIKE + DIRECT, WARM_UP), AT_ONCE);
      const spike = await post(queued.url, bodies(0, SPIKE), AT_ONCE);
      console.info(JSON.stringify({ directly, spike }, undefined, 2));
      expect(spike.statuses).toEqual({ 202: SPIKE });

      const all = SPIKE + DIRECT + WARM_UP;
      const drainedFrom = performance.now();
      const consumer = await startIngestProcess(harness);
      await until(
        async () => (await topics.committed(GROUP, 'spike')) === SPIKE + WARM_UP,
        WITHIN_MS,
      );
      const seconds = (performance.now() - drainedFrom) / 1_000;
      console.info(`drained in ${seconds.toFixed(0)} s`);
      await until(async () => (await countWorkflows(harness)) === all, 60_000);
      await consumer.kill('SIGTERM');
      expect(spike.perSecond).toBeGreaterThan(5 * directly.perSecond);
    } finally {
      await harness.close();
      await topics.close();
      await broker.close();
    }
  },
  WITHIN_MS + 120_000,
);
