/** The API in front of real queues: everything that it has queued is posted once. */
import { expect, it } from 'vitest';
import { startApiProcess } from '../faults/productProcess.js';
import { proveQueued } from '../intakeProofs.js';
import { startHarness } from '../harness.js';
import { startKafkaBroker } from '../kafka/broker.js';
import { GROUP } from '../kafka/proofs.js';
import { record, until } from '../queueProofs.js';
import { openTopics } from '../kafka/topics.js';
import { CREDENTIALS, startElasticMq } from '../sqs/elasticMq.js';

const WITHIN_MS = 240_000;
const MESSAGES = 100;

it('posts once what the API has written to Kafka, and answers 503 while the broker is away', async () => {
  const broker = await startKafkaBroker();
  const topics = await openTopics(broker.address);
  await topics.create({ intake: 4, 'intake.dlq': 1 });
  await topics.close();
  const kafka = { brokers: [broker.address], topic: 'intake', group: GROUP };
  const harness = await startHarness({
    settings: { queues: { main: { kafka } }, intake: { queue: 'main' } },
  });
  try {
    await proveQueued(harness, { messages: MESSAGES, withinMs: WITHIN_MS });
    const { url } = await startApiProcess(harness);
    const send = async () =>
      await fetch(`${url}/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: record(MESSAGES).value,
      });
    await broker.kill();
    const refused = await send();
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await refused.json()).toMatchObject({ type: 'queue_unavailable' });
    await broker.restart();
    await until(async () => (await send()).status === 202, WITHIN_MS);
  } finally {
    await harness.close();
    await broker.close();
  }
});

it('posts once what the API has written to SQS', async () => {
  const server = await startElasticMq();
  const sqs = await server.create('intake');
  const harness = await startHarness({
    settings: { queues: { main: { sqs } }, intake: { queue: 'main' } },
  });
  try {
    await proveQueued(harness, {
      environment: CREDENTIALS,
      messages: MESSAGES,
      withinMs: WITHIN_MS,
    });
  } finally {
    await harness.close();
    await server.close();
  }
});
