/** Ctrl-C at `npm start` while clients of every kind hold on to it. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { SandboxPost } from '../../src/sandbox/sandbox.js';
import type { MessageState } from '../harness.js';
import { StartDirectory, type StartedProduct } from '../startedProduct.js';

/** All parts together, as docs/how-to/operate/one-machine.md promises; and what the process itself needs to end on a busy machine. */
const BOUND_MS = 38_000;
const ENDS_WITHIN_MS = BOUND_MS + 2_000;

const CONFIGURATION = `
retry: { default: { initialDelay: 300ms, maximumDelay: 2s, attempts: 100 } }
`;

let directory: StartDirectory;
const opened: Socket[] = [];
beforeEach(async () => {
  directory = await StartDirectory.create(CONFIGURATION);
});
afterEach(async () => {
  for (const socket of opened.splice(0)) socket.destroy();
  await directory.remove();
});

async function open(url: string, sent: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  opened.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(sent);
  return socket;
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n`;
const halfBody = (path: string) =>
  `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"deduplicationKey":`;
/** More than the system's buffers take, on a connection whose answers nobody reads. */
const unread = (path: string) => `${get(path)}\r\n`.repeat(200);

/** Connections to the API, by what holds them open. */
const OF_API: Record<string, string> = {
  'nothing sent': '',
  'half a header': get('/v1/messages'),
  'half a body': halfBody('/v1/messages'),
  'half a batch': halfBody('/v1/messages/batch'),
  'an idle keep-alive connection': `${get('/healthz')}\r\n`,
  'a slow reader of the API description': unread('/openapi.json'),
  'a slow reader of the metrics': unread('/metrics'),
  'a slow reader of a page': unread('/messages'),
  'a scrape of the metrics': `${get('/metrics')}\r\n`,
  'a page': `${get('/messages')}\r\n`,
  'a probe': `${get('/readyz')}\r\n`,
};
const OF_SANDBOX: Record<string, string> = {
  'nothing sent': '',
  'half a header': get('/control/posts'),
  'half a body': halfBody('/api/chat.postMessage'),
  'a slow reader': unread('/'),
};

async function post(url: string, body: object): Promise<Response> {
  return await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function send(api: string, key: string, more: object = {}): Promise<number> {
  const destinations = ['slack:default/C0123ABC'];
  const message = { deduplicationKey: key, destinations, content: { text: key }, ...more };
  return (await post(`${api}/v1/messages`, message)).status;
}

/** Sends until the API is gone. Resolves with the keys that were accepted. */
async function sendUntilGone(api: string): Promise<string[]> {
  const accepted: string[] = [];
  for (let number = 0; ; number += 1) {
    const key = `until the end ${number}`;
    try {
      if ((await send(api, key)) === 202) accepted.push(key);
    } catch {
      return accepted;
    }
  }
}

async function postsOf(product: StartedProduct): Promise<SandboxPost[]> {
  return (await (
    await fetch(`${product.address('Sandbox')}/control/posts`)
  ).json()) as SandboxPost[];
}

it(`ends within ${BOUND_MS / 1_000} s, answers those who wait, leaves no process, and loses nothing that was accepted`, async () => {
  const product = await directory.start();
  const [api, sandbox] = [product.address('API'), product.address('Sandbox')];
  const oncall = { destinations: ['teams:default/chats/19:oncall@thread.v2'] };
  const fault = { platform: 'teams', operation: 'postChatMessage', times: 1 };
  // One attempt never gets its answer, and another one gets it during the stop.
  for (const more of [{ kind: 'hold' }, { kind: 'slow', delayMs: 3_000 }]) {
    expect((await post(`${sandbox}/control/faults`, { ...fault, ...more })).status).toBe(201);
  }
  expect(await send(api, 'held', oncall)).toBe(202);
  expect(await send(api, 'slow', oncall)).toBe(202);
  await vi.waitFor(async () => expect(await postsOf(product)).toHaveLength(2), { timeout: 20_000 });
  const later = { deliverAt: new Date(Date.now() + 3_600_000).toISOString() };
  expect(await send(api, 'later', later)).toBe(202);
  for (const sent of Object.values(OF_API)) await open(api, sent);
  for (const sent of Object.values(OF_SANDBOX)) await open(sandbox, sent);
  await open(product.address('Temporal Web UI'), get('/'));
  const waiting = fetch(`${api}/v1/messages/later?wait=60s`);
  const sending = sendUntilGone(api);
  await delay(1_000);

  const from = performance.now();
  product.signal('SIGINT');
  const answer = await waiting;
  expect(answer.status).toBe(200);
  expect(((await answer.json()) as MessageState).status).toBe('accepted');
  expect(await product.exitCode, product.output.slice(-4000)).toBe(0);
  const tookMs = performance.now() - from;
  expect(tookMs).toBeLessThan(ENDS_WITHIN_MS);
  expect(product.output).not.toContain('did not stop cleanly');
  expect(await directory.processes()).toEqual([]);
  const accepted = await sending;
  expect(accepted.length).toBeGreaterThan(0);
  process.stderr.write(
    `npm start ended ${(tookMs / 1_000).toFixed(1)} s after SIGINT; ${accepted.length} messages were accepted until then\n`,
  );

  const again = await directory.start();
  const shown = [...accepted, 'held', 'slow'].sort();
  await vi.waitFor(
    async () => {
      const texts = (await postsOf(again)).map(({ text }) => text);
      expect(texts.sort()).toEqual(shown);
    },
    { timeout: 90_000, interval: 500 },
  );
  for (const key of shown) {
    await vi.waitFor(
      async () => {
        const found = await fetch(`${again.address('API')}/v1/messages/${encodeURIComponent(key)}`);
        expect(((await found.json()) as MessageState).status).toBe('confirmed');
      },
      { timeout: 30_000, interval: 250 },
    );
  }
}, 240_000);
