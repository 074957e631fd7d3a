import { describe, expect, it } from 'vitest';
import { AskedAgain } from '../../../src/api/askedAgain.js';
import type { SourceRequest } from '../../../src/sources/source.js';
import { startTracing } from '../../../src/telemetry/tracing.js';
import { requestOf } from './parsed.js';
import { startSourceApi } from './sourceApi.js';

const request = (id: string, body = 'Build failed'): SourceRequest => ({
  ...requestOf({ headers: { 'Content-Type': 'application/json' }, body }),
  id,
});

describe('a request that was answered 503', () => {
  it('is the same one when it comes again, once', () => {
    const asked = new AskedAgain();
    expect(asked.recognised('ci', request('a')).id).toBe('a');
    asked.remember('ci', request('a'));
    expect(asked.recognised('ci', request('b')).id).toBe('a');
    expect(asked.recognised('ci', request('c')).id).toBe('c');
  });

  it('is told apart from an equal one that was answered 503, too', () => {
    const asked = new AskedAgain();
    for (const id of ['a', 'b']) asked.remember('ci', request(id));
    const found = ['x', 'y', 'z'].map((id) => asked.recognised('ci', request(id)).id);
    expect(found).toEqual(['a', 'b', 'z']);
  });

  it('is not one of another source, with other bytes or another token', () => {
    const asked = new AskedAgain();
    asked.remember('ci', request('a'));
    expect(asked.recognised('other', request('b')).id).toBe('b');
    expect(asked.recognised('ci', request('b', 'Build failed ')).id).toBe('b');
    expect(asked.recognised('ci', { ...request('b'), token: 't' }).id).toBe('b');
  });

  it('is forgotten after two minutes', () => {
    let now = 0;
    const asked = new AskedAgain(() => now);
    asked.remember('ci', request('a'));
    now = 2 * 60_000 + 1;
    expect(asked.recognised('ci', request('b')).id).toBe('b');
  });

  it('is forgotten, the oldest first, where there are too many', () => {
    const asked = new AskedAgain();
    for (let count = 0; count <= 10_000; count += 1) {
      asked.remember('ci', request(`id-${count}`, `body ${count}`));
    }
    expect(asked.recognised('ci', request('b', 'body 0')).id).toBe('b');
    expect(asked.recognised('ci', request('b', 'body 1')).id).toBe('id-1');
  });
});

it('makes one message of what is sent until it is accepted, by a source without identities', async () => {
  process.env.ASKED_AGAIN_TOKEN = 'of-this-test';
  const token = { env: 'ASKED_AGAIN_TOKEN' };
  const tracing = startTracing('sendproof-test');
  const api = await startSourceApi({ ci: { type: 'slack-webhook', token } }, process.env);
  try {
    const send = () =>
      fetch(`${api.url}/v1/sources/ci/of-this-test`, { method: 'POST', body: '{"text":"hi"}' });
    const statuses: number[] = [];
    for (const temporal of ['lost', 'lost', 'there', 'there'] as const) {
      api.temporal = temporal;
      statuses.push((await send()).status);
    }
    expect(statuses).toEqual([503, 503, 200, 200]);
    const [first, second, third, fourth] = api.starts.map(({ workflowId }) => workflowId);
    expect([second, third]).toEqual([first, first]);
    expect(fourth).not.toBe(first);
  } finally {
    await api.close();
    await tracing.stop();
  }
});
