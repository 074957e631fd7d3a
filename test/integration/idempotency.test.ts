import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import type { z } from 'zod';
import type { batchResultSchema } from '../../src/api/schema/acceptanceRepresentation.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { startApi } from '../../src/api/server.js';
import { environmentOf, ProductProcess } from '../faults/productProcess.js';
import {
  INCIDENTS,
  OPS,
  startHarness,
  type Acceptance,
  type Harness,
  type ProblemBody,
} from '../harness.js';

type BatchResult = z.infer<typeof batchResultSchema>;

/** Sources whose windows are so short; everybody else's is 24 h. */
const WINDOW_MS = { impatient: 1_500, patient: 10_000 };
type Source = keyof typeof WINDOW_MS;

let logged = '';
const log = pino(
  { level: 'trace' },
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged += chunk.toString();
      done();
    },
  }),
);

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    log,
    settings: {
      sources: Object.fromEntries(
        Object.entries(WINDOW_MS).map(([source, windowMs]) => [
          source,
          { deduplicationWindow: `${windowMs}ms` },
        ]),
      ),
    },
  });
});
afterAll(() => harness.close());
beforeEach(() => harness.sandbox.reset());

function messageFrom(source: Source, key: string) {
  return {
    deduplicationKey: key,
    destinations: [OPS],
    content: { text: key },
    correlation: { source },
  };
}
const impatient = (key: string) => messageFrom('impatient', key);

/** Resolves once the window of the message with this key is over. */
async function windowOver(key: string): Promise<void> {
  const { acceptedAt, source } = await harness.message(key);
  const end = Date.parse(acceptedAt) + WINDOW_MS[source as Source];
  await vi.waitUntil(() => Date.now() > end, {
    timeout: 20_000,
    interval: 50,
  });
}

async function runsOf(key: string): Promise<string[]> {
  const runs = [];
  for await (const { runId } of harness.client.workflow.list({ query: `WorkflowId = "${key}"` })) {
    runs.push(runId);
  }
  return runs;
}

describe('a duplicate', () => {
  it('inside the window is answered with the original’s present status and trace id, and posts nothing', async () => {
    const key = 'inside';
    const message = { deduplicationKey: key, destinations: [OPS], content: { text: key } };
    const original = await harness.send(message);
    expect(original).toMatchObject({ status: 202, body: { status: 'accepted', duplicate: false } });
    await harness.waitForStatus(key, 'confirmed');

    const again = await harness.send(message);

    expect(again.status).toBe(200);
    expect(again.headers.get('location')).toBe(`/v1/messages/${key}`);
    expect(again.body).toEqual({
      ...original.body,
      status: 'confirmed',
      duplicate: true,
      explanation: expect.stringMatching(
        /^Duplicate: first accepted at .* UTC\. That message is confirmed/,
      ) as string,
    });
    expect(harness.sandbox.posts()).toHaveLength(1);
  });

  it('is the same message whatever the order of its keys and whether defaults were written out', async () => {
    const original = await harness.send({
      deduplicationKey: 'stable',
      destinations: [OPS, INCIDENTS],
      content: { text: 'stable', severity: 'info' },
    });
    const variants = [
      `{"content":{"severity":"info","text":"stable"},"destinations":["${OPS}","${INCIDENTS}"],"deduplicationKey":"stable"}`,
      `{"onAmbiguous":"resend","priority":3,"deduplicationKey":"stable","correlation":{},"destinations":["${INCIDENTS}","${OPS}"],"content":{"text":"stable","severity":"info"}}`,
      // What to do in doubt and how urgent it is may differ from one sending to the next.
      `{"onAmbiguous":"dead_letter","priority":1,"deduplicationKey":"stable","destinations":["${OPS}","${INCIDENTS}"],"content":{"text":"st\\u0061ble","severity":"info"}}`,
    ];
    for (const variant of variants) {
      const answer = await harness.request<Acceptance>('POST', '/v1/messages', variant);
      expect(answer).toMatchObject({
        status: 200,
        body: { duplicate: true, traceId: original.body.traceId },
      });
    }
  });

  it('is counted, and logged in one line with both trace ids', async () => {
    const before = await duplicatesCounted();
    const message = { deduplicationKey: 'counted', destinations: [OPS], content: { text: 'once' } };
    const original = await harness.send(message);
    const trace = randomUUID().replaceAll('-', '');
    await harness.send(message, { traceparent: `00-${trace}-00f067aa0ba902b7-01` });
    expect(await duplicatesCounted()).toBe(before + 1);
    const lines = logged.split('\n').filter((line) => line.includes(trace));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      deduplicationKey: 'counted',
      traceId: trace,
      originalTraceId: original.body.traceId,
    });
  });

  async function duplicatesCounted(): Promise<number> {
    const { body } = await harness.request<string>('GET', '/metrics');
    return Number(/^sendproof_messages_duplicate_total (\d+)$/m.exec(body)?.[1]);
  }
});

describe('a key whose window is over', () => {
  it('starts afresh once its message is closed, and posts again', async () => {
    const first = await harness.send(impatient('expired'));
    await harness.waitForStatus('expired', 'confirmed');
    await windowOver('expired');

    const second = await harness.send(impatient('expired'));

    expect(second).toMatchObject({ status: 202, body: { status: 'accepted', duplicate: false } });
    expect(second.body.traceId).not.toBe(first.body.traceId);
    const posts = await harness.sandbox.waitForPosts(2, {}, 20_000);
    expect(new Set(posts.map(({ deliveryId }) => deliveryId)).size).toBe(2);
    const { traceId } = await harness.waitForStatus('expired', 'confirmed');
    expect(traceId).toBe(second.body.traceId);
  });

  it('may then be used for other content', async () => {
    await harness.send(impatient('expired-other'));
    await harness.waitForStatus('expired-other', 'confirmed');
    await windowOver('expired-other');
    const other = { ...impatient('expired-other'), content: { text: 'something else' } };
    expect((await harness.send(other)).status).toBe(202);
  });

  it('is still taken while its message waits for a person', async () => {
    harness.sandbox.addFault({ kind: 'slack_error', error: 'not_in_channel', platform: 'slack' });
    await harness.send(impatient('parked'));
    await harness.waitForStatus('parked', 'dead_lettered');
    await windowOver('parked');
    harness.sandbox.clearFaults();

    const again = await harness.send(impatient('parked'));

    expect(again).toMatchObject({
      status: 200,
      body: { duplicate: true, status: 'dead_lettered' },
    });
    expect(harness.sandbox.posts()).toHaveLength(0);
  });

  it('sent again by 50 clients at the same instant is one new run, one new post and one 202', async () => {
    const key = 'stampede';
    // Its window is longer than the stampede, else the new run itself would outlive it.
    const message = messageFrom('patient', key);
    await harness.send(message);
    await harness.waitForStatus(key, 'confirmed');
    await windowOver(key);
    const { client, configuration } = harness;
    const other = await startApi({
      client,
      configuration,
      metrics: { metrics: createMetrics() },
      log,
    });
    try {
      const urls = [harness.api.url, other.url];
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          harness.request<Acceptance>('POST', `${urls[index % 2]}/v1/messages`, message),
        ),
      );

      const accepted = answers.filter(({ status }) => status === 202);
      expect(accepted).toHaveLength(1);
      expect(answers.filter(({ status, body }) => status === 200 && body.duplicate)).toHaveLength(
        49,
      );
      expect(new Set(answers.map(({ body }) => body.traceId))).toEqual(
        new Set([accepted[0]?.body.traceId]),
      );
    } finally {
      await other.close();
    }
    await harness.waitForStatus(key, 'confirmed');
    expect(harness.sandbox.posts()).toHaveLength(2);
    await vi.waitFor(async () => expect(await runsOf(key)).toHaveLength(2), { timeout: 30_000 });
  }, 60_000);
});

describe('a key that was used for other content', () => {
  it('is refused with the names of the fields that differ, never with what they hold', async () => {
    const original = {
      deduplicationKey: 'reused',
      destinations: [OPS],
      content: { text: 'the first words', title: 'Alert' },
      correlation: { source: 'pagerduty' },
    };
    await harness.send(original);
    await harness.waitForStatus('reused', 'confirmed');

    const answer = await harness.request<ProblemBody>('POST', '/v1/messages', {
      ...original,
      destinations: [OPS, INCIDENTS],
      content: { text: 'the second words', title: 'Alert' },
    });

    expect(answer).toMatchObject({ status: 422, body: { type: 'deduplication_key_reused' } });
    expect(answer.body.errors?.map(({ field }) => field).sort()).toEqual([
      'content.text',
      'destinations',
    ]);
    expect(JSON.stringify(answer.body)).not.toMatch(/first words|second words/);
    expect(harness.sandbox.posts()).toHaveLength(1);
  });

  it('keeps what was said, and the API’s keys, out of the log', async () => {
    const apiKey = `key-${randomUUID()}`;
    const wrongKey = `wrong-${randomUUID()}`;
    const words = `words-${randomUUID()}`;
    const guarded = await startHarness({ log, environment: { SENDPROOF_API_KEYS: apiKey } });
    try {
      const send = (key: string, content: object) =>
        guarded.send(
          { deduplicationKey: 'guarded', destinations: [OPS], content },
          { authorization: `Bearer ${key}` },
        );
      expect((await send(wrongKey, { text: words })).status).toBe(401);
      expect((await send(apiKey, { text: words })).status).toBe(202);
      await guarded.sandbox.waitForPosts(1, {}, 20_000);
      expect((await send(apiKey, { text: words })).status).toBe(200);
      expect((await send(apiKey, { text: `${words} changed`, title: words })).status).toBe(422);
      expect((await send(apiKey, { text: words, severity: words })).status).toBe(400);
      expect(logged).toContain('"guarded"');
      for (const secret of [apiKey, wrongKey, words]) expect(logged).not.toContain(secret);
    } finally {
      await guarded.close();
    }
  });
});

describe('a batch', () => {
  // More than the API's calls to Temporal that may run and wait at once: a batch must not fill them by itself.
  it('of 600 has a result for each, in order; sent again they are all duplicates; a bad one fails alone', async () => {
    const idle = await startHarness({ workers: false });
    try {
      const messages = Array.from({ length: 600 }, (_, index) => ({
        deduplicationKey: `batch-${index}`,
        destinations: [OPS],
        content: { text: index === 300 ? ' ' : `message ${index}` },
      }));
      const sendAll = () => idle.request<BatchResult>('POST', '/v1/messages/batch', { messages });
      const expectResults = ({ results }: BatchResult, status: number, duplicate: boolean) => {
        expect(results).toHaveLength(600);
        results.forEach((result, index) => {
          expect(result).toMatchObject(
            index === 300
              ? { status: 400, problem: { errors: [{ field: 'content.text' }] } }
              : { status, message: { deduplicationKey: `batch-${index}`, duplicate } },
          );
        });
      };

      const first = await sendAll();
      expect(first.status).toBe(200);
      expectResults(first.body, 202, false);
      const again = await sendAll();
      expectResults(again.body, 200, true);
    } finally {
      await idle.close();
    }
  }, 240_000);

  it('that holds one key twice accepts it once', async () => {
    const message = { deduplicationKey: 'twin', destinations: [OPS], content: { text: 'twin' } };
    const { body } = await harness.request<BatchResult>('POST', '/v1/messages/batch', {
      messages: [message, message],
    });
    expect(body.results.map(({ status }) => status).sort()).toEqual([200, 202]);
    await harness.waitForStatus('twin', 'confirmed');
    expect(harness.sandbox.posts()).toHaveLength(1);
  });
});

describe('the header Idempotency-Key', () => {
  const message = { destinations: [OPS], content: { text: 'by header' } };

  it.each([
    ['bare', 'order-7', 'order-7'],
    ['quoted', '"order-8"', 'order-8'],
    ['quoted with escapes', '"a \\"b\\" \\\\ c"', 'a "b" \\ c'],
    ['in UTF-8', Buffer.from('größe→1').toString('latin1'), 'größe→1'],
  ])('is the key, %s', async (_, header, key) => {
    const answer = await harness.send(message, { 'idempotency-key': header });
    expect(answer).toMatchObject({ status: 202, body: { deduplicationKey: key } });
    const again = await harness.send({ ...message, deduplicationKey: key });
    expect(again.status).toBe(200);
  });

  it('may repeat the key of the body, and not contradict it', async () => {
    const body = { ...message, deduplicationKey: 'in-both' };
    const same = await harness.send(body, { 'idempotency-key': '"in-both"' });
    expect(same.status).toBe(202);
    const other = await harness.request<ProblemBody>('POST', '/v1/messages', body, {
      'idempotency-key': 'another',
    });
    expect(other).toMatchObject({ status: 400, body: { errors: [{ field: 'deduplicationKey' }] } });
  });
});

it.each(['a/b', 'with a space', '100%', '%2F', 'größe→😀', 'a?b#c&d=e', 'arn:aws:x', '"quoted"'])(
  'the key %s is found, retried and recognised as it was sent',
  async (key) => {
    harness.sandbox.addFault({
      kind: 'slack_error',
      error: 'not_in_channel',
      platform: 'slack',
      path: 'C0000KEYS',
      times: 1,
    });
    const destinations = ['slack:default/C0000KEYS'];
    const message = { deduplicationKey: key, destinations, content: { text: 'odd key' } };
    const accepted = await harness.send(message);
    expect(accepted.status).toBe(202);
    const path = accepted.headers.get('location') ?? '';
    expect(await harness.waitForStatus(key, 'dead_lettered')).toMatchObject({
      deduplicationKey: key,
      links: { self: path },
    });
    expect((await harness.request('POST', `${path}/retry`)).status).toBe(202);
    await harness.waitForStatus(key, 'confirmed');
    expect((await harness.send(message)).body).toMatchObject({
      deduplicationKey: key,
      duplicate: true,
      status: 'confirmed',
    });
  },
);

describe('a namespace that forgets before the window is over', () => {
  it('ends the API with the command that mends it', async () => {
    const environment = { ...environmentOf(harness), DEDUPLICATION_WINDOW: '48h' };
    const api = new ProductProcess('api', environment);
    await expect(api.exited).resolves.toBe(1);
    const [, command = ''] = /run: temporal (.+)$/.exec(api.log.at(-1)?.msg ?? '') ?? [];
    expect(command).toBe(
      `operator namespace update --namespace ${harness.namespace} --retention 48h`,
    );

    await promisify(execFile)(inject('temporalCliPath'), [
      ...command.split(' '),
      ...['--address', harness.temporalAddress],
    ]);
    const mended = new ProductProcess('api', environment);
    try {
      const { url } = await mended.logged('The API listens');
      await vi.waitFor(
        async () => {
          const { status } = await harness.request('GET', `${String(url)}/readyz`);
          expect(status).toBe(200);
        },
        { timeout: 20_000 },
      );
      expect(mended.running).toBe(true);
    } finally {
      await mended.kill('SIGTERM');
    }
  }, 90_000);
});
