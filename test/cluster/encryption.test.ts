import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { eventually } from '../eventually.js';
import { slackChannel } from '../faults/deliveries.js';
import { startFleet, type Fleet } from '../faults/fleet.js';
import { startHarness, type Harness } from '../harness.js';
import { OtlpReceiver } from '../otlpReceiver.js';
import { dumpDatabase } from './postgres.js';

const DATABASES = ['temporal', 'temporal_visibility'];

let collector: OtlpReceiver;
beforeAll(async () => {
  collector = await OtlpReceiver.start();
});
afterAll(() => collector.stop());

const environment = { CLUSTER_KEY: randomBytes(32).toString('base64') };
const ENCRYPTED = { encryption: { keys: [{ id: 'k1', key: { env: 'CLUSTER_KEY' } }] } };

/** Delivers some messages with this content, gives one up for this reason, and lets one wait. */
async function say(marker: string, reason: string, settings: object): Promise<void> {
  const harness = await startHarness({ workers: false, settings, environment });
  const tracing = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_BSP_SCHEDULE_DELAY: '100',
  };
  try {
    const fleet = await startFleet(
      harness,
      { apis: 1, workers: 1 },
      { ...environment, ...tracing },
    );
    await sendAll(harness, fleet, { marker, reason });
    await eventually(() => expect(collector.spans.length).toBeGreaterThan(0));
  } finally {
    await harness.close();
  }
}

async function sendAll(
  harness: Harness,
  fleet: Fleet,
  { marker, reason }: { marker: string; reason: string },
): Promise<void> {
  harness.sandbox.addFault({
    ...{ kind: 'slack_error', platform: 'slack', times: 1 },
    error: 'not_in_channel',
  });
  const send = async (key: string, place: number, more: object = {}): Promise<void> => {
    const { status } = await fleet.send({
      deduplicationKey: key,
      destinations: [slackChannel(place)],
      content: { title: marker, text: `${marker} ${'words '.repeat(500)}` },
      ...more,
    });
    expect(status).toBe(202);
  };
  await send('given-up', 0);
  await harness.waitForStatus('given-up', 'dead_lettered');
  await send('delivered', 1);
  await harness.waitForStatus('delivered', 'confirmed');
  await send('waiting', 2, { deliverAt: new Date(Date.now() + 3_600_000).toISOString() });
  const decision = { by: 'ana', reason };
  await harness.request('POST', '/v1/messages/given-up/discard', decision);
  await harness.waitForStatus('given-up', 'discarded');
}

/** The databases that have it, as text or in a column of bytes. */
async function databasesWith(marker: string): Promise<string[]> {
  const hex = Buffer.from(marker).toString('hex');
  const found: string[] = [];
  for (const name of DATABASES) {
    const dump = await dumpDatabase(inject('database'), name);
    expect(dump).toContain('PostgreSQL database dump complete');
    if (dump.includes(marker) || dump.includes(hex)) found.push(name);
  }
  return found;
}

it('leaves nothing of the content in PostgreSQL and in traces, where it is on', async () => {
  const hidden = `hidden-${randomUUID()}`;
  await say(hidden, hidden, ENCRYPTED);
  expect(await databasesWith(hidden)).toEqual([]);
  expect(collector.raw.join('')).not.toContain(hidden);

  const shown = `shown-${randomUUID()}`;
  // What people give as a reason is in traces then; what messages say never is.
  await say(shown, 'too late', { encryption: undefined });
  expect(await databasesWith(shown)).toContain('temporal');
  expect(collector.raw.join('')).not.toContain(shown);
}, 120_000);
