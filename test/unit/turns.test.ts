/** In which line the calls wait that are made for a request. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { Router } from 'express';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ANYBODY, setCaller } from '../../src/api/caller.js';
import { formBody } from '../../src/api/requestBody.js';
import { takeTurnsAs } from '../../src/api/turns.js';
import { presentLine } from '../../src/temporal/inLine.js';

/** As the API's: what is no page passes the pages' router. */
const app = express();
const pages = Router();
pages.use(takeTurnsAs('page'));
pages.use((request, _response, next) => {
  setCaller(request, { ...ANYBODY, kind: 'person', name: 'anna' });
  next(request.path === '/page' ? undefined : 'router');
});
pages.all('/page', formBody(1_000), async (_request, response) => {
  await Promise.resolve();
  response.json(presentLine());
});
app.use(pages);
app.use(takeTurnsAs('API'));
app.get('/nobody', (request, response) => {
  setCaller(request, ANYBODY);
  response.json(presentLine());
});
app.use((_request, response) => {
  response.json(presentLine());
});

const server = createServer(app);
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.close();
});

it.each([
  ['a page', 'GET', '/page', ['page', 'person anna']],
  ['a form', 'POST', '/page', ['page', 'person anna']],
  ['a request of the API', 'GET', '/else', ['API', 'person anna']],
  ['one that needs no key', 'GET', '/nobody', ['API', 'open open']],
])('%s waits in the line of its kind and of its caller', async (_what, method, path, line) => {
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    ...(method === 'POST' && { body: new URLSearchParams({ by: 'anna' }) }),
  });
  expect(await answer.json()).toEqual(line);
});

it('waits in nobody’s line where no request is', () => {
  expect(presentLine()).toEqual(['', '']);
});
