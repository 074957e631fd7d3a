import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readAcknowledgements } from '../../src/temporal/acknowledgements.js';
import { CallbackReceiver, signingSecret } from '../callbackReceiver.js';
import { INCIDENTS, OPS, startHarness, type Harness } from '../harness.js';

let directory: string;
let receiver: CallbackReceiver;
let harness: Harness;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-acknowledgements-'));
  const oldSecret = await secretFile('old-secret', signingSecret());
  receiver = await CallbackReceiver.start();
  harness = await startHarness({
    retry: { attempts: 2 },
    settings: {
      retry: {
        default: { initialDelay: '100ms', maximumDelay: '1s', attempts: 2 },
        quick: { initialDelay: '50ms', maximumDelay: '200ms', attempts: 1_000, giveUpAfter: '1h' },
      },
      acknowledgements: {
        secret: [await secretFile('secret', receiver.secret), oldSecret],
        allowedHosts: [receiver.origin, 'http://169.254.169.254', 'http://localhost:1'],
        allowPrivate: ['127.0.0.1'],
        retry: 'quick',
        requestTimeout: '1s',
      },
      sources: { nightly: { acknowledge: { url: receiver.url, events: ['message.confirmed'] } } },
    },
  });
});
afterAll(async () => {
  await harness.close();
  await receiver.down();
  await rm(directory, { recursive: true });
});
beforeEach(() => {
  harness.sandbox.reset();
  receiver.behaviours.length = 0;
});

async function secretFile(name: string, secret: string): Promise<{ file: string }> {
  const file = join(directory, name);
  await writeFile(file, secret);
  return { file };
}

async function acknowledgementsOf(key: string) {
  const { events } = await harness.client.workflow.getHandle(key).fetchHistory();
  return await readAcknowledgements(harness.client, events ?? []);
}

function message(key: string, more: object = {}) {
  return {
    deduplicationKey: key,
    destinations: [OPS],
    content: { text: `what only ${key} says` },
    acknowledge: { url: receiver.url },
    ...more,
  };
}

describe('a message that asks for acknowledgements', () => {
  it('has its source told that it was confirmed, signed, with the receipts and without its content', async () => {
    const correlation = { source: 'disk-watcher', reference: '55' };
    const accepted = await harness.send(
      message('told', { destinations: [OPS, INCIDENTS], correlation }),
    );
    const [callback] = await receiver.waitFor('told', 1);
    const { deliveries } = await harness.waitForStatus('told', 'confirmed');

    expect(callback?.acknowledgement).toEqual({
      type: 'message.confirmed',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
      data: {
        summary: 'Delivery Status: Confirmed',
        deduplicationKey: 'told',
        status: 'confirmed',
        ...correlation,
        traceId: accepted.body.traceId,
        deliveries: deliveries.map(({ destination, receipt }) => ({
          destination,
          status: 'confirmed',
          receipt,
        })),
      },
    });
    expect(callback?.path).toBe('/hooks/sendproof');
    expect(callback?.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
    expect(JSON.stringify(receiver.received)).not.toContain('what only');
    await vi.waitFor(async () => {
      expect(await acknowledgementsOf('told')).toMatchObject([
        { event: 'message.confirmed', kind: 'callback', status: 'delivered', attempts: 1 },
      ]);
    });
  });
});
