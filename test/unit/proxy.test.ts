import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { readProxySettings } from '../../src/http/proxy.js';
import { createTransport } from '../../src/http/transport.js';
import { parseProxyUrl } from '../../src/lib/proxyUrl.js';

const servers: (Server | HttpServer)[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** A proxy that does this with each connection to it; resolves with its address. */
async function proxy(onConnect: (socket: Socket, head: string) => void): Promise<string> {
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', (data) => {
      onConnect(socket, data.toString());
    });
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answering = (status: number) => (socket: Socket) => {
  socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
};

/** The failure of a request to a host that only a proxy could reach. */
async function failureThrough(environment: NodeJS.ProcessEnv): Promise<unknown> {
  const transport = createTransport('Slack', 600, environment);
  const url = new URL('https://slack.invalid/api/chat.postMessage');
  return await transport({ method: 'POST', url, headers: {}, body: 'x' }).then(
    () => 'answered',
    (error: unknown) => error,
  );
}

describe('a proxy that gives no connection', () => {
  it.each([
    ['asks for credentials', answering(407), /refused to connect to Slack \(HTTP 407\): put the/],
    ['forbids it', answering(403), /refused to connect to Slack \(HTTP 403\): nothing was sent/],
    [
      'can’t reach it',
      answering(502),
      /refused to connect to Slack \(HTTP 502\): nothing was sent/,
    ],
    ['hangs up', (socket: Socket) => socket.destroy(), /(?:gave|made) no connection to Slack/],
    [
      'speaks something else',
      (socket: Socket) => socket.end('+OK\r\n'),
      /gave no connection to Slack/,
    ],
    ['says nothing', () => undefined, /made no connection to Slack within the time limit: nothing/],
  ])('that %s is named as what refused', async (_, onConnect, message) => {
    const address = await proxy(onConnect);
    const error = await failureThrough({ HTTPS_PROXY: `http://ann:s%40fe@${address}` });
    expect(error).toMatchObject({ outcome: 'transient', reason: 'connection_failed' });
    const text = (error as Error).message;
    expect(text).toMatch(message);
    expect(text).toContain(`The proxy ${address} (HTTPS_PROXY)`);
    expect(JSON.stringify(error) + text).not.toMatch(/ann|s@fe|s%40fe/);
  });

  it('is named when nothing listens there', async () => {
    expect(await failureThrough({ https_proxy: '127.0.0.1:1' })).toMatchObject({
      message:
        'The proxy 127.0.0.1:1 (https_proxy) can’t be reached (ECONNREFUSED): nothing was sent.',
    });
  });
});

it('gives the proxy the credentials of its URL, decoded', async () => {
  let head = '';
  const address = await proxy((socket, data) => {
    head = data;
    answering(403)(socket);
  });
  const given = { 'ann:s%40fe': 'ann:s@fe', ann: 'ann:', ':s%40fe': ':s@fe' };
  for (const [credentials, expected] of Object.entries(given)) {
    await failureThrough({ HTTPS_PROXY: `http://${credentials}@${address}` });
    expect(head).toContain(`asic ${Buffer.from(expected).toString('base64')}\r\n`);
    expect(head).toMatch(/^CONNECT slack\.invalid:443 /);
  }
});

it('goes directly to this machine', async () => {
  const server = createHttpServer((_request, response) => response.end('here')).listen(
    0,
    '127.0.0.1',
  );
  servers.push(server);
  await once(server, 'listening');
  const transport = createTransport('Slack', 2_000, { HTTP_PROXY: '127.0.0.1:1' });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  expect(await transport({ method: 'GET', url, headers: {} })).toMatchObject({ body: 'here' });
});

describe('the address of a proxy', () => {
  it.each([
    ['127.0.0.1:3128', 'http://127.0.0.1:3128'],
    ['proxy.example.com', 'http://proxy.example.com:80'],
    ['http://proxy.example.com:3128/', 'http://proxy.example.com:3128'],
    ['HTTPS://proxy.example.com', 'https://proxy.example.com:443'],
    ['ann:pw@proxy.example.com:8080', 'http://proxy.example.com:8080'],
    ['[::1]:3128', 'http://[::1]:3128'],
    ['socks://127.0.0.1', 'socks5://127.0.0.1:1080'],
    ['socks5h://127.0.0.1:9050', 'socks5://127.0.0.1:9050'],
  ])('may be %s', (text, url) => {
    expect(parseProxyUrl(text)?.url).toBe(url);
  });

  it.each([
    'http://',
    'ftp://proxy:1',
    'socks4://127.0.0.1:1',
    'proxy:port',
    'proxy:70000',
    'two words',
    'http://proxy/path?query',
    'http://%zz:%zz@proxy:1',
    '://',
  ])('is not %s', (text) => {
    expect(parseProxyUrl(text)).toBeUndefined();
    expect(() => readProxySettings({ HTTPS_PROXY: text })).toThrow(/^HTTPS_PROXY has a value/);
  });
});

describe('NO_PROXY', () => {
  const { isExempt } = readProxySettings({
    HTTPS_PROXY: 'proxy:1',
    no_proxy:
      ' slack.com, .example.com *.test,host.test:8443 [::1] fd00::5 10.1.0.0/16,fd01::/16 dotted.net.',
  });
  it.each([
    ['https://slack.com/', true],
    ['https://hooks.slack.com/', true],
    ['https://notslack.com/', false],
    ['https://a.example.com/', true],
    ['https://example.org/', false],
    ['https://a.test/', true],
    ['https://[::1]/', true],
    ['https://[fd00::5]/', true],
    ['https://[fd00::6]/', false],
    ['https://10.1.2.3/', true],
    ['https://10.2.2.3/', false],
    ['https://[fd01::7]/', true],
    ['https://a.dotted.net/', true],
    ['https://slack.com./', true],
  ])('of several forms, for %s: %s', (url, exempt) => {
    expect(isExempt(new URL(url))).toBe(exempt);
  });

  it('may have a port, be everything, or nothing', () => {
    const withPort = readProxySettings({ NO_PROXY: 'host.org:8443' });
    expect(withPort.isExempt(new URL('https://host.org:8443/'))).toBe(true);
    expect(withPort.isExempt(new URL('https://host.org/'))).toBe(false);
    expect(readProxySettings({ NO_PROXY: '*' }).isExempt(new URL('https://a.b/'))).toBe(true);
    expect(readProxySettings({ NO_PROXY: '' }).isExempt(new URL('https://a.b/'))).toBe(false);
    expect(readProxySettings({ HTTPS_PROXY: '  ', http_proxy: '' }).proxy).toBeUndefined();
  });
});
