/** A backup of the data directory is restored as docs/how-to/operate/backup.md says, and nothing is lost. */
import { readFile, rm } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { SandboxPost } from '../../src/sandbox/sandbox.js';
import type { MessageState } from '../harness.js';
import { runToEnd } from '../runToEnd.js';
import { StartDirectory, type StartedProduct } from '../startedProduct.js';

const PAGE = new URL('../../docs/how-to/operate/backup.md', import.meta.url);
const OPS = 'slack:default/C0123ABC';
const KEYS = {
  confirmed: 'told-before',
  deadLetter: 'refused-before',
  scheduled: 'due-later',
  waiting: 'tried-before',
};
/** Long after this proof. */
const LATER_MS = 6 * 3_600_000;

let directory: StartDirectory;
let dataDirectory: string;
beforeEach(async () => {
  directory = await StartDirectory.create();
  dataDirectory = directory.environment.SENDPROOF_DATA_DIR ?? '';
});
afterEach(async () => {
  await directory.remove();
});

it('brings back what was confirmed, needs a decision, is scheduled or waits for its next attempt', async () => {
  const before = await directory.start();
  await send(before, { deduplicationKey: KEYS.confirmed });
  await waitForStatus(before, KEYS.confirmed, 'confirmed');
  await post(`${before.address('Sandbox')}/control/faults`, {
    kind: 'slack_error',
    error: 'not_in_channel',
    platform: 'slack',
    operation: 'chat.postMessage',
    times: 1,
  });
  await send(before, { deduplicationKey: KEYS.deadLetter });
  await waitForStatus(before, KEYS.deadLetter, 'dead_lettered');
  const deliverAt = new Date(Date.now() + LATER_MS).toISOString();
  await send(before, { deduplicationKey: KEYS.scheduled, deliverAt });
  // The sandbox forgets its faults when it ends.
  await post(`${before.address('Sandbox')}/control/faults`, {
    kind: 'http_error',
    status: 503,
    platform: 'slack',
    operation: 'chat.postMessage',
  });
  await send(before, { deduplicationKey: KEYS.waiting });
  await waitForStatus(before, KEYS.waiting, 'delivering');
  const states = await statesOf(before);

  before.signal('SIGINT');
  expect(await before.exitCode).toBe(0);
  await runBlockWith('cp -a "$SENDPROOF_DATA_DIR"');
  await runBlockWith('mv ');
  await rm(`${dataDirectory}.broken`, { recursive: true });
  const after = await directory.start();

  await waitForStatus(after, KEYS.waiting, 'confirmed');
  expect((await statesOf(after)).slice(0, -1)).toEqual(states.slice(0, -1));
  const duplicate = await send(after, { deduplicationKey: KEYS.confirmed });
  expect(duplicate.status).toBe(200);
  await post(`${after.address('API')}/v1/messages/${KEYS.deadLetter}/retry`, {
    by: 'ana',
    reason: 'restored',
  });
  await waitForStatus(after, KEYS.deadLetter, 'confirmed');
  const posts = (await get(`${after.address('Sandbox')}/control/posts`)) as SandboxPost[];
  for (const key of [KEYS.confirmed, KEYS.deadLetter, KEYS.waiting]) {
    expect(
      posts.filter(({ text }) => text.includes(key)),
      key,
    ).toHaveLength(1);
  }
  expect(posts).toHaveLength(3);
});

/** The block of the page that begins with this, with the backup in a place that the test may write to. */
async function runBlockWith(beginning: string): Promise<void> {
  const blocks = (await readFile(PAGE, 'utf8')).matchAll(/^```sh\n([\s\S]*?)^```$/gm);
  const block = [...blocks].map(([, text = '']) => text).find((text) => text.startsWith(beginning));
  const script = block?.replace('/backup/sendproof', `${dataDirectory}.backup`) ?? 'false';
  await runToEnd('sh', ['-ec', script], { environment: directory.environment });
}

/** The text of a message is its key. */
async function send(
  product: StartedProduct,
  message: { deduplicationKey: string; deliverAt?: string },
): Promise<Response> {
  return await post(`${product.address('API')}/v1/messages`, {
    ...message,
    destinations: [OPS],
    content: { text: message.deduplicationKey },
  });
}

async function post(url: string, body: object): Promise<Response> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.ok, `${url} answered ${answer.status}`).toBe(true);
  return answer;
}

async function get(url: string): Promise<unknown> {
  return await (await fetch(url)).json();
}

async function stateOf(product: StartedProduct, key: string): Promise<MessageState> {
  return (await get(`${product.address('API')}/v1/messages/${key}`)) as MessageState;
}

/** What must be the same after the restore; ages and links depend on the moment and the port. */
async function statesOf(product: StartedProduct): Promise<object[]> {
  const states = await Promise.all(Object.values(KEYS).map((key) => stateOf(product, key)));
  return states.map(({ deduplicationKey, status, traceId, deliveries }) => ({
    deduplicationKey,
    status,
    traceId,
    deliveries: deliveries.map((delivery) => ({
      destination: delivery.destination,
      status: delivery.status,
      receipt: delivery.receipt,
    })),
  }));
}

async function waitForStatus(product: StartedProduct, key: string, status: string): Promise<void> {
  await vi.waitFor(async () => expect((await stateOf(product, key)).status).toBe(status), {
    timeout: 60_000,
    interval: 200,
  });
}
