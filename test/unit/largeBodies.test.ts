/** Requests that are large or have very many faults: what is answered, and that the answer is small. */
import { EventEmitter } from 'node:events';
import type { Request, Response } from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BodiesInFlight } from '../../src/api/bodiesInFlight.js';
import { invalidRequest } from '../../src/api/problem.js';
import { own } from '../../src/lib/own.js';
import { OPS, startIntakeApi, type IntakeApi } from './intakeApi.js';

let intake: IntakeApi;
beforeAll(async () => {
  intake = await startIntakeApi();
});
afterAll(() => intake.close());

interface Answer {
  status: number;
  length: number;
  body: { type?: string; detail?: string; errors?: object[]; results?: { status: number }[] };
  headers: Headers;
}

async function post(path: string, body: string | object): Promise<Answer> {
  const response = await fetch(new URL(path, intake.api.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const parsed = JSON.parse(text) as Answer['body'];
  return {
    status: response.status,
    length: text.length,
    body: parsed,
    headers: response.headers,
  };
}

const message = (more: object = {}) => ({ destinations: [OPS], content: { text: 'x' }, ...more });
const wrong = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('the answer to a message with very many faults', () => {
  it.each([
    ['wrong destinations', message({ destinations: wrong(900) })],
    ['far too many destinations', message({ destinations: wrong(50_000) })],
    [
      'unknown fields',
      message(Object.fromEntries(wrong(20_000).map((index) => [`field${index}`, index]))),
    ],
    ['mentions', message({ content: { text: 'x', mentions: wrong(50_000) } })],
    ['a long name of a field', message({ ['x'.repeat(100_000)]: 1 })],
  ])('is short: %s', async (_, body) => {
    const { body: problem, length, status } = await post('/v1/messages', body);
    expect(status).toBe(400);
    expect(length).toBeLessThan(50_000);
    expect(problem.errors?.length).toBeGreaterThan(0);
    expect(problem.errors?.length).toBeLessThanOrEqual(21);
  });

  it('says how many more there are', () => {
    const faults = wrong(30).map((index) => ({ field: `field${index}`, detail: 'is wrong' }));
    const { errors, message: detail } = invalidRequest(faults);
    expect(errors?.map(({ field }) => field)).toEqual([
      ...faults.slice(0, 20).map(({ field }) => field),
      '(whole body)',
    ]);
    expect(detail).toMatch(/has 10 more errors$/);
  });
});

describe('a batch', () => {
  const key = (index: number) => ({ deduplicationKey: `large-${index}` });

  it('of many megabytes is accepted, with a result for each message', async () => {
    const text = 'x'.repeat(100_000);
    const messages = wrong(40).map((index) => message({ ...key(index), content: { text } }));
    messages[7] = message({ ...key(7), destinations: wrong(500) });
    messages[9] = message({ ...key(9), extra: 'x'.repeat(600_000) });
    const { body, status } = await post('/v1/messages/batch', { messages });
    expect(status).toBe(200);
    expect(body.results?.map((result) => result.status)).toEqual(
      wrong(40).map((index) => ({ 7: 400, 9: 413 })[index] ?? 202),
    );
  });

  it('in the background has an error for what is too long', async () => {
    const response = await fetch(new URL('/v1/messages/batch', intake.api.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'respond-async' },
      body: JSON.stringify({
        messages: [message(key(100)), message({ ...key(101), extra: 'x'.repeat(600_000) })],
      }),
    });
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ counts: { refused: 1 }, total: 2 });
  });

  it.each([
    ['far too many entries', { messages: wrong(20_000) }, 413],
    ['too many entries', { messages: wrong(5_000) }, 400],
  ])('with %s is refused as a whole', async (_, batch, status) => {
    const answer = await post('/v1/messages/batch', batch);
    expect(answer.status).toBe(status);
    expect(answer.length).toBeLessThan(5_000);
  });

  it.each([
    ['no JSON', `{"messages": [${'{"a": 12345},'.repeat(9_000)}]}`, 'malformed_json'],
    [
      'an end that is missing',
      `{"messages": [${'{"a": 12345},'.repeat(9_000)}{}`,
      'malformed_json',
    ],
    [
      'an entry that is nested too deeply',
      `{"messages": [${'['.repeat(100_000)}${']'.repeat(100_000)}]}`,
      'invalid_request',
    ],
  ])('of %s is refused before anything is accepted', async (_, body, type) => {
    const before = intake.calls.length;
    const answer = await post('/v1/messages/batch', body);
    expect([answer.status, answer.body.type]).toEqual([400, type]);
    expect(intake.calls).toHaveLength(before);
  });
});

describe('large bodies that arrive at the same time', () => {
  const LIMIT = 16 * 1024 * 1024;
  const bodies = new BodiesInFlight();

  /** A request with these headers, and the end of its answer. */
  function receive(headers: Record<string, string | undefined>): { done: () => void } {
    const response = new EventEmitter();
    const request = { get: (name: string) => own(headers, name) };
    bodies.reserve(request as unknown as Request, response as unknown as Response, LIMIT);
    return { done: () => response.emit('close') };
  }
  const large = { 'content-length': String(LIMIT) };

  it('are refused beyond 64 MiB until another one is answered; small ones never are', () => {
    const received = [receive(large), receive(large), receive(large), receive({})];
    // Of unknown size: in chunks, or compressed.
    for (const headers of [
      large,
      { 'content-length': '300000' },
      {},
      { 'content-length': '9', 'content-encoding': 'gzip' },
    ]) {
      expect(() => receive(headers)).toThrow(
        expect.objectContaining({ type: 'overloaded', retryAfterSeconds: 2 }),
      );
    }
    receive({ 'content-length': '200000' });
    received.shift()?.done();
    received.push(receive(large));
    expect(() => receive(large)).toThrow('too many large bodies');
    for (const each of received) each.done();
    for (let round = 0; round < 3; round += 1) {
      const again = [receive(large), receive(large), receive(large), receive(large)];
      for (const each of again) each.done();
    }
  });
});
