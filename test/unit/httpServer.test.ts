import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { startHttpServer, type HttpServer } from '../../src/lib/httpServer.js';

const ANSWER_WITHIN_MS = 1_000;
/** For a busy machine. */
const SOON_MS = 15_000;

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

async function open({ port }: Pick<HttpServer, 'port'>, sent = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(sent);
  return socket;
}

const GET = 'GET / HTTP/1.1\r\nhost: x\r\n';
const POST = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n';

type Answer = RequestListener;
const ENTIRE: Answer = (request, response) => {
  request.resume().once('end', () => response.end('answered'));
};
const NEVER: Answer = () => undefined;
const LARGE: Answer = (_request, response) => response.end(Buffer.alloc(64 * 1024 * 1024));

/** A server that counts the requests of which it has the headers. */
async function start(answer: Answer): Promise<HttpServer & { requests: () => number }> {
  let requests = 0;
  const server = await startHttpServer(
    (request, response) => {
      requests += 1;
      answer(request, response);
    },
    { host: '127.0.0.1', port: 0 },
  );
  return { ...server, requests: () => requests };
}

/** Stops a server that has received this, whose answers may take so long. */
async function expectSoonStopped(
  withinMs: number,
  requests: number,
  answer: Answer,
  sent: string,
): Promise<void> {
  const server = await start(answer);
  const socket = await open(server, sent);
  await eventually(() => expect(server.requests()).toBe(requests));

  const from = performance.now();
  await server.close(withinMs);
  expect(performance.now() - from).toBeLessThan(SOON_MS);
  socket.resume();
  if (!socket.closed) await once(socket, 'close');
}

describe('the stop of a server', () => {
  it.each<[string, number, Answer, string]>([
    ['a silent connection', 0, ENTIRE, ''],
    ['half of a request line', 0, ENTIRE, 'GET /'],
    ['half of the headers', 0, ENTIRE, GET],
    ['half of a body', 1, ENTIRE, `${POST}\r\nhalf`],
    ['a body of which nothing came', 1, ENTIRE, `${POST}\r\n`],
    ['an idle connection that is kept alive', 1, ENTIRE, `${GET}\r\n`],
    ['half of a second request', 1, ENTIRE, `${GET}\r\n${GET}`],
  ])('is not held up by %s, however long answers may take', async (_, requests, answer, sent) => {
    await expectSoonStopped(60_000, requests, answer, sent);
  });

  it.each<[string, Answer]>([
    ['a request that is never answered', NEVER],
    ['an answer that is not read', LARGE],
  ])('is held up by %s for as long as answers may take', async (_, answer) => {
    await expectSoonStopped(ANSWER_WITHIN_MS, 1, answer, `${GET}\r\n`);
  });

  it('waits for what is about to be answered, and closes its connection then', async () => {
    const answers: (() => void)[] = [];
    const server = await start((_request, response) => {
      answers.push(() => response.end('at last'));
    });
    const asked = fetch(`http://127.0.0.1:${server.port}/`);
    await eventually(() => expect(answers).toHaveLength(1));
    const closed = server.close(60_000);
    answers[0]?.();
    const response = await asked;
    expect(response.headers.get('connection')).toBe('close');
    expect(await response.text()).toBe('at last');
    await closed;
  });

  it('lets a slow client read its answer to the end', async () => {
    const server = await start(LARGE);
    const response = await fetch(`http://127.0.0.1:${server.port}/`);
    const closed = server.close(60_000);
    expect((await response.arrayBuffer()).byteLength).toBe(64 * 1024 * 1024);
    await closed;
  });
});

describe('the connections of a server', () => {
  it('are so many and no more; a closed one makes room', async () => {
    const server = await startHttpServer(ENTIRE, {
      host: '127.0.0.1',
      port: 0,
      maxConnections: 2,
    });
    const held = [await open(server), await open(server)];
    const refused = await open(server, `${GET}\r\n`);
    await once(refused, 'close');
    held[0]?.destroy();
    await eventually(async () => {
      const { status } = await fetch(`http://127.0.0.1:${server.port}/`);
      expect(status).toBe(200);
    });
    await server.close(0);
  });
});
