/** What one tenant sent doesn't exist for another: on every route and page, with every id. */
import fc from 'fast-check';
import pLimit from 'p-limit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  IDS,
  MARKER,
  randomRequest,
  requestsAboutAll,
  SOME_IDS,
  startCrossTenant,
  type CrossTenant,
} from '../crossTenant.js';
import { OPS } from '../harness.js';
import { requestsAbout } from '../tenantRequests.js';

let tenants: CrossTenant;
beforeAll(async () => {
  tenants = await startCrossTenant();
});
afterAll(() => tenants.harness.close());

/** As many as one client has under way. */
const AT_ONCE = 8;

/** Asked of every id; the others of one id of each kind. */
const READING = ['get /v1/messages/{key}/timeline', 'page GET /messages/{key}'];

interface Page {
  messages: { deduplicationKey: string; sentBy?: string }[];
}

describe('another tenant', () => {
  it('finds nothing in lists, counts and summaries', async () => {
    const bodyOf = async (path: string): Promise<unknown> => {
      const asked = requestsAbout('x').find((each) => each.method === 'GET' && each.path === path);
      if (!asked) throw new Error(`no request ${path}`);
      return JSON.parse((await tenants.askAsOther(asked)).text);
    };
    for (const query of ['', '?q=ops+7', '?reference=7', '?conversation=incident', '?source=ops']) {
      expect(await bodyOf(`/v1/messages${query}`)).toMatchObject({ messages: [] });
    }
    expect(await bodyOf('/v1/dead-letters')).toMatchObject({ messages: [] });
    expect(await bodyOf('/v1/dead-letters/summary')).toEqual({
      ...{ deadLetters: 0, messages: 0, destinations: [] },
    });
    expect(await bodyOf('/v1/sources')).toMatchObject({ sources: [] });
  });

  it('is counted in nothing that the pages show', async () => {
    const page = async (path: string): Promise<string> => {
      const asked = requestsAbout('x').find(({ name }) => name === `page GET ${path}`);
      if (!asked) throw new Error(`no page ${path}`);
      return (await tenants.askAsOther(asked)).text;
    };
    const tabs = [...(await page('/messages')).matchAll(/class="count">([^<]*)</g)];
    expect(tabs.map(([, count]) => count)).toEqual(['0', '0', '0', '0', '0']);
    const overview = await page('/');
    expect(overview).toContain('All is well');
    const bars = [...overview.matchAll(/class="figure">([^<]*)</g)].map(([, count]) => count);
    expect(bars).toEqual(['0', '0', '0']);
  });

  it('is answered 404 for every id, on every route and page', async () => {
    const limit = pLimit(AT_ONCE);
    const reading = requestsAboutAll(IDS).filter(({ name }) => READING.includes(name));
    const asked = requestsAboutAll(SOME_IDS)
      .filter(({ isAboutId, name }) => isAboutId && !READING.includes(name))
      .concat(reading);
    const answers = await limit.map(asked, async (each) => {
      const { status, text } = await tenants.askAsOther(each);
      const isUnknown = status === 404 || text.includes('"known":false');
      return isUnknown ? [] : [`${each.method} ${each.path}: ${status}`];
    });
    expect(answers.flat()).toEqual([]);
  });

  it('learns nothing by any of a hundred random requests, and changes nothing', async () => {
    const limit = pLimit(AT_ONCE);
    const asked = fc.sample(randomRequest, { numRuns: 100, seed: 20_261_126 });
    await limit.map(asked, (each) => tenants.askAsOther(each));
    await tenants.assertUnchanged();
  });

  it('sends under the same keys, without meeting what is there', async () => {
    for (const deduplicationKey of ['ops-7-parked', 'ops-7-planned']) {
      const body = { deduplicationKey, destinations: [OPS], content: { text: 'another text' } };
      const sent = requestsAbout(deduplicationKey).find(({ name }) => name === 'post /v1/messages');
      if (!sent) throw new Error('no request');
      const { status, text } = await tenants.askAsOther({ ...sent, body });
      expect([200, 202, 422]).toContain(status);
      expect(text).not.toContain(MARKER);
    }
    await tenants.assertUnchanged();
  });
});

describe('the tenant itself', () => {
  it('sees on the pages how many of its messages there are', async () => {
    const page = await tenants.openAsOwner('/messages');
    expect(page.replace(/<[^>]*>/g, '')).toMatch(/Needs action 1Waiting 0.*Scheduled 1All 12\D/s);
  });

  it('sees its messages by its own keys, and finds them by the whole ids of links too', async () => {
    const { body } = await tenants.askAsOwner<Page>('GET', '/v1/messages?q=ops+7&limit=100');
    expect(body.messages.length).toBeGreaterThan(5);
    for (const { deduplicationKey, sentBy } of body.messages) {
      expect(IDS).toContain(deduplicationKey);
      if (!deduplicationKey.startsWith('hook')) expect(sentBy).toContain(MARKER);
    }
    const whole = encodeURIComponent('sendproof/tenant/ours/ops-7-parked');
    const answer = await tenants.askAsOwner('GET', `/v1/messages/${whole}`);
    expect(answer.body).toMatchObject({
      deduplicationKey: 'ops-7-parked',
      links: { self: '/v1/messages/ops-7-parked' },
    });
    const decision = await tenants.askAsOwner('GET', '/v1/dead-letters/decisions/decision-7');
    expect(decision.body).toMatchObject({ id: 'decision-7', decided: 1 });
    expect(JSON.stringify([body, answer.body, decision.body])).not.toContain('sendproof/tenant');
  });
});
