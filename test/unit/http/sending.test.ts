import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callTracked } from '../../../src/http/sending.js';
import { createTransport, type Transport } from '../../../src/http/transport.js';
import { rejection } from '../destinations/contract.js';
import { answering, neverAnswering, ScriptedServer } from '../destinations/scriptedServer.js';

let server: ScriptedServer;
beforeEach(async () => {
  server = new ScriptedServer();
  await server.start();
});
afterEach(() => server.stop());

const transport: Transport = (request) => createTransport('Example', 200)(request);
const request = (headers: Record<string, string> = {}) =>
  transport({ method: 'POST', url: new URL(server.url), headers, body: 'x' });

function fail(): never {
  throw new URIError('URI malformed: words of the sender');
}

describe('a client library that fails', () => {
  it('before it sent anything has certainly not posted, and a retry can’t help', async () => {
    const error = await rejection(callTracked('Example', () => Promise.resolve().then(fail)));
    expect(error).toMatchObject({ outcome: 'permanent', reason: 'content_rejected' });
    expect(error.message).toContain('(URIError): nothing was sent');
    expect(error.message).not.toContain('words of the sender');
  });

  it('after it sent a request may have posted', async () => {
    server.script = answering(200, '{}');
    const error = await rejection(callTracked('Example', () => request().then(fail)));
    expect(error).toMatchObject({ outcome: 'ambiguous', reason: 'unexpected_answer' });
  });

  it('may have posted while a request that it no longer waits for is on its way', async () => {
    server.script = neverAnswering;
    const impatient = async () => {
      request().catch(() => undefined);
      await expect.poll(() => server.requests.length).toBe(1);
      fail();
    };
    expect(await rejection(callTracked('Example', impatient))).toMatchObject({
      outcome: 'ambiguous',
    });
  });

  it('may have posted where a call inside of it has', async () => {
    server.script = answering(200, '{}');
    const nested = () => callTracked('Example', () => request()).then(fail);
    expect(await rejection(callTracked('Example', nested))).toMatchObject({ outcome: 'ambiguous' });
  });

  it('is judged by its own requests, not by those made at the same time', async () => {
    server.script = answering(200, '{}');
    const [, error] = await Promise.all([
      callTracked('Example', () => request()),
      rejection(callTracked('Example', () => Promise.resolve().then(fail))),
    ]);
    expect(error.outcome).toBe('permanent');
  });
});

describe('a request that can’t be written as HTTP', () => {
  it.each([
    ['a line break in a header', { authorization: 'Bearer a\r\nb' }],
    ['a NUL in a header', { authorization: 'Bearer a\0b' }],
    ['a header without a valid name', { 'a b': 'c' }],
  ])('is permanent: %s', async (_, headers) => {
    expect(await rejection(request(headers))).toMatchObject({
      outcome: 'permanent',
      reason: 'request_rejected',
    });
    expect(server.requests).toHaveLength(0);
  });
});
