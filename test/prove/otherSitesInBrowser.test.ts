/** Pages of other sites that try to use a keyless API and the sandbox, in a real browser, which sends what browsers send. */
import { once } from 'node:events';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import type { Sandbox } from '../../src/sandbox/interface.js';
import { eventually } from '../eventually.js';
import { OPS, startIntakeApi, type IntakeApi } from '../unit/intakeApi.js';
import { launchBrowser } from './browser.js';

/** Every name ends at this machine, as that of an attacker who has his own name servers can. */
const EVERY_NAME = '--host-resolver-rules=MAP * 127.0.0.1';
/** A name of ours. Browsers send no Sec-Fetch-Site to it, since it is neither localhost nor reached by TLS. */
const OURS = 'sendproof.example.com';

let intake: IntakeApi;
let sandbox: Sandbox;
let site: Server;
let browser: Browser;
let page: Page;
/** The statuses of the answers of the API and the sandbox, by path. Taken here, since the browser keeps most of them from the page. */
const answers: [path: string, status: number][] = [];
const FINISHED = 'http.server.response.finish';
const noteAnswer = (finished: unknown): void => {
  const { request, response } = finished as {
    // Routers of express shorten the `url`.
    request: IncomingMessage & { originalUrl?: string };
    response: ServerResponse;
  };
  const { pathname } = new URL(request.originalUrl ?? request.url ?? '/', 'http://any');
  if (String(request.socket.localPort) !== portOfSite() && !/^\/(assets|favicon)/.test(pathname)) {
    answers.push([pathname, response.statusCode]);
  }
};

beforeAll(async () => {
  subscribe(FINISHED, noteAnswer);
  intake = await startIntakeApi({ SENDPROOF_ALLOWED_HOSTS: OURS });
  sandbox = await startSandbox({ allowedHosts: [OURS] });
  site = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<title>Kittens</title>');
  }).listen(0, '127.0.0.1');
  await once(site, 'listening');
  browser = await launchBrowser(EVERY_NAME);
});
afterAll(async () => {
  unsubscribe(FINISHED, noteAnswer);
  await browser.close();
  site.close();
  await Promise.all([intake.close(), sandbox.close()]);
});
beforeEach(async () => {
  answers.length = 0;
  page = await browser.newPage();
});
afterEach(() => page.close());

const portOfSite = () => String((site.address() as AddressInfo).port);
const portOf = (url: string) => new URL(url).port;
const message = JSON.stringify({
  deduplicationKey: 'not-wanted',
  destinations: [OPS],
  content: { text: 'Call this number' },
});

async function openKittens(host = 'kittens.example') {
  await page.goto(`http://${host}:${portOfSite()}/`);
}

/** Sends a form as any site's page can, and waits for the page that answers it. */
async function sendForm(action: string, field: string) {
  const sent = page.evaluate(
    ([to = '', name = '']) => {
      const form = document.createElement('form');
      Object.assign(form, { action: to, method: 'post', enctype: 'text/plain' });
      form.append(Object.assign(document.createElement('input'), { name, value: '' }));
      document.body.append(form);
      form.submit();
    },
    [action, field],
  );
  await Promise.all([page.waitForNavigation(), sent]);
}

/** Sends what a page may send without asking, and resolves when the browser has the answer, which the page can't read. */
async function sendSimply(url: string, method: string, body?: string) {
  await page.evaluate(
    async (to, init) => {
      // What the browser has of the answer is kept from the page, by an error.
      await fetch(to, init).catch(() => undefined);
    },
    url,
    { method, mode: 'no-cors' as const, ...(body !== undefined && { body }) },
  );
}

it('is refused under a name of the attacker’s that points to this machine', async () => {
  await page.goto(`http://kittens.example:${portOf(intake.api.url)}/messages`);
  expect(answers).toContainEqual(['/messages', 421]);
  // The same origin, for the browser: it would let this page read everything.
  const status = await page.evaluate(async (body) => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch('/v1/messages', { method: 'POST', headers, body })).status;
  }, message);
  expect(status).toBe(421);
  await page.goto(`http://kittens.example:${portOf(sandbox.url)}/`);
  const reset = await page.evaluate(
    async () => (await fetch('/control/reset', { method: 'POST' })).status,
  );
  expect(reset).toBe(421);
  expect(intake.calls).toEqual([]);
});

it.each(['127.0.0.1', 'localhost', OURS])(
  'is refused what a form or a script of another site sends to %s',
  async (host) => {
    const api = `http://${host}:${portOf(intake.api.url)}`;
    const control = `http://${host}:${portOf(sandbox.url)}/control`;
    await openKittens();
    await sendSimply(`${api}/v1/messages`, 'POST', message);
    await sendSimply(`${api}/v1/messages/some-key/retry`, 'POST');
    await sendSimply(`${control}/reset`, 'POST');
    await sendSimply(`${control}/faults`, 'POST', '{"kind": "reset", "platform": "slack"}');
    await sendForm(`${api}/v1/messages`, message);
    await openKittens();
    await sendForm(`${api}/messages/some-key/retry`, 'by');
    await eventually(() =>
      expect(answers).toEqual([
        ['/v1/messages', 403],
        ['/v1/messages/some-key/retry', 403],
        ['/control/reset', 403],
        ['/control/faults', 403],
        ['/v1/messages', 403],
        ['/messages/some-key/retry', 403],
      ]),
    );
    expect(intake.calls).toEqual([]);
    expect(sandbox.faults()).toEqual([]);
  },
);

it('is refused from another port of the same name', async () => {
  await openKittens('localhost');
  await sendSimply(`http://localhost:${portOf(intake.api.url)}/v1/messages/some-key/retry`, 'POST');
  await eventually(() => expect(answers).toEqual([['/v1/messages/some-key/retry', 403]]));
});

it('is not allowed to send JSON: the browser asks first, and is not answered', async () => {
  await openKittens();
  const outcome = await page.evaluate(
    async (url, body) => {
      const headers = { 'content-type': 'application/json' };
      return await fetch(url, { method: 'POST', headers, body }).then(
        ({ status }) => status,
        () => 'refused by the browser',
      );
    },
    `${intake.api.url}/v1/messages`,
    message,
  );
  expect(outcome).toBe('refused by the browser');
  expect(intake.starts).toEqual([]);
});

it.each(['127.0.0.1', 'localhost', OURS])('the API’s own pages work at %s', async (host) => {
  await page.goto(`http://${host}:${portOf(intake.api.url)}/messages`);
  expect(answers).toContainEqual(['/messages', 200]);
  const status = await page.evaluate(async (body) => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch('/v1/messages', { method: 'POST', headers, body })).status;
  }, message);
  expect(status).toBe(202);
});
