/** Bodies that are nested as deep as they are long, and addresses that are nearly those of a source. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPS, startIntakeApi, type IntakeApi } from './intakeApi.js';

let intake: IntakeApi;
beforeAll(async () => {
  intake = await startIntakeApi();
});
afterAll(() => intake.close());

interface Answer {
  status: number | undefined;
  body: string;
  headers: string;
}

/** With this path as it is: `fetch` would clean it. */
async function send(method: string, path: string, body: string): Promise<Answer> {
  const { hostname, port } = new URL(intake.api.url);
  const headers = { 'content-type': 'application/json' };
  // A connection of its own: the server closes one whose body it has not read.
  const sent = httpRequest({ hostname, port, method, path, headers, agent: false });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return {
    status: response.statusCode,
    body: await text(response),
    headers: JSON.stringify(response.headers),
  };
}

describe.each([201, 10_000, 100_000])('JSON that is nested in %i levels', (levels) => {
  const list = '['.repeat(levels) + ']'.repeat(levels);
  const map = '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);

  it.each([
    ['POST', '/v1/events', `{"key": "k", "source": "s", "title": "t", "raw": ${list}}`],
    ['POST', '/v1/events', `{"key": "k", "source": "s", "title": "t", "labels": ${map}}`],
    ['POST', '/v1/messages', `{"destinations": ["${OPS}"], "content": ${map}}`],
    ['POST', '/v1/messages/batch', `[${list}]`],
    ['PATCH', '/v1/messages/k', map],
    ['POST', '/v1/messages/k/retry', map],
    ['POST', '/v1/dead-letters/retry', list],
  ])('is refused by %s %s', async (method, path, body) => {
    const answer = await send(method, path, body);
    // Some bodies are too large, too.
    expect([400, 413]).toContain(answer.status);
  });
});

it('may be nested as deep as any payload is', async () => {
  const raw = '['.repeat(190) + ']'.repeat(190);
  const body = `{"key": "k", "source": "s", "title": "t", "raw": ${raw}}`;
  // There is no route here.
  expect((await send('POST', '/v1/events', body)).status).toBe(503);
});

it.each([
  ...['//v1/sources/ci/TOKEN', '/v1//sources/ci/TOKEN', '/v1/sources//ci/TOKEN'],
  ...['/v1/sources/ci/TOKEN/', '/v1/sources/ci/TOKEN/more', '/V1/SOURCES/ci/TOKEN'],
  ...['/v1%2Fsources/ci/TOKEN', '/v1/sources%2Fci%2FTOKEN', '/v1/sources/ci%2FTOKEN'],
  ...['/v1/source/ci/TOKEN', '/sources/ci/TOKEN', '/v2/sources/ci/TOKEN', '/v1/sources/ci;TOKEN'],
  ...['/v1/sources/TOKEN', '/v1/sources/ci?token=TOKEN', '/v1/sources/ci/TOKEN%', '/%/ci/TOKEN'],
  ...['/v1/events/ci/TOKEN', '/v1/./sources/ci/TOKEN', '/v1/messages/../sources/ci/TOKEN'],
])('never returns the token in the address %s', async (path) => {
  const token = ['of', 'this', 'test', '4711'].join('-');
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const { body, headers, status } = await send(method, path.replace('TOKEN', token), '{}');
    expect(status).toBeLessThan(500);
    expect(body + headers).not.toContain(token);
  }
});
