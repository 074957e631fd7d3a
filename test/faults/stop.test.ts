/** Processes that are asked to stop while clients, Temporal and a collector of traces hold on to them. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { resolvePort } from '../../src/lib/ports.js';
import { OPS, startHarness, type Harness } from '../harness.js';
import { startSilencedProxy, type SilencedProxy } from '../silencedProxy.js';
import { environmentOf, ProductProcess } from './productProcess.js';

vi.setConfig({ testTimeout: 120_000 });

/** A quarter of what the documentation promises, and twice what the longest bound of these parts allows. */
const SOON_MS = 15_000;

let harness: Harness;
let proxy: SilencedProxy;
const opened: { destroy: () => void }[] = [];

beforeEach(async () => {
  harness = await startHarness({ workers: false });
  proxy = await startSilencedProxy(harness.temporalAddress);
});
afterEach(async () => {
  for (const each of opened.splice(0)) each.destroy();
  await harness.close();
  await proxy.close();
});

async function startProcess(
  executable: 'api' | 'worker',
  environment: NodeJS.ProcessEnv = {},
): Promise<ProductProcess> {
  const started = new ProductProcess(executable, {
    ...environmentOf(harness),
    TEMPORAL_ADDRESS: proxy.address,
    OTEL_EXPORTER_OTLP_ENDPOINT: await silentServer(),
    ...environment,
  });
  harness.closeWith(() => started.kill('SIGKILL'));
  return started;
}

/** The URL of a server that takes connections and never answers. */
async function silentServer(): Promise<string> {
  const server = createServer((socket) => void opened.push(socket.resume()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push({ destroy: () => server.close() });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function open(url: string, sent: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  opened.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(sent);
  return socket;
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: x\r\n`;

describe('a stop', () => {
  it('of the API answers those who wait, and is held up by nobody', async () => {
    const api = await startProcess('api');
    const { url } = (await api.logged('The API listens')) as unknown as { url: string };
    const deliverAt = new Date(Date.now() + 3_600_000).toISOString();
    await harness.send({
      deduplicationKey: 'later',
      destinations: [OPS],
      content: { text: 'x' },
      deliverAt,
    });
    const waiting = fetch(`${url}/v1/messages/later?wait=60s`);
    // A request that came after it is answered.
    expect((await fetch(`${url}/v1/messages/later`)).status).toBe(200);
    await open(url, '');
    await open(url, get('/healthz'));
    await open(url, `${get('/healthz')}\r\n`);
    await open(
      url,
      'POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
    );
    await open(url, `${get('/openapi.json')}\r\n`.repeat(100));
    proxy.silence();
    const hanging = fetch(`${url}/v1/messages/later`).then(({ status }) => status);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);

    const from = performance.now();
    expect(await api.kill('SIGTERM')).toBe(0);
    expect(performance.now() - from).toBeLessThan(SOON_MS);
    const answer = await waiting;
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ status: 'accepted' });
    expect(await hanging).toBe(503);
  });

  it('of a worker is not held up by a client of its metrics or a collector of traces', async () => {
    const metrics = `127.0.0.1:${await resolvePort(0)}`;
    const worker = await startProcess('worker', { WORKER_METRICS_ADDRESS: metrics });
    await worker.logged('The worker runs');
    await open(`http://${metrics}`, '');
    await open(`http://${metrics}`, get('/metrics'));
    await open(`http://${metrics}`, `${get('/metrics')}\r\n`.repeat(100));

    const from = performance.now();
    expect(await worker.kill('SIGTERM')).toBe(0);
    expect(performance.now() - from).toBeLessThan(SOON_MS);
  });
});
