import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INCIDENTS, OPS, startHarness, type Harness } from '../harness.js';
import { eventually } from '../eventually.js';

interface Page {
  messages: { deduplicationKey: string; status: string; destinations: string[] }[];
  cursor?: string;
}

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
  // The first stays open, and the second closes after the third: neither is how new they are.
  harness.sandbox.addFault({
    kind: 'slack_error',
    error: 'not_in_channel',
    platform: 'slack',
    operation: 'chat.postMessage',
    times: 1,
  });
  await send('pagerduty-55-triggered', [OPS], { source: 'pagerduty', reference: '55' });
  await harness.waitForStatus('pagerduty-55-triggered', 'dead_lettered');
  harness.sandbox.addFault({ kind: 'slow', delayMs: 1_500, platform: 'slack', times: 1 });
  await send('slow', [OPS], { source: 'grafana', reference: 'disk' });
  await send('quick', [INCIDENTS], { source: 'pagerduty', reference: '56' });
  await harness.waitForStatus('slow', 'confirmed');
  await harness.waitForStatus('quick', 'confirmed');
  await send('scheduled', [OPS], { source: 'pagerduty', reference: '55' }, '2100');
  await eventually(async () => expect(await keys('')).toHaveLength(4));
  await eventually(async () => expect(await keys('status=confirmed')).toHaveLength(2));
});
afterAll(() => harness.close());

async function send(key: string, destinations: string[], correlation: object, later?: string) {
  const deliverAt = later && new Date(Date.now() + 3_600_000).toISOString();
  const content = { text: key };
  await harness.send({ deduplicationKey: key, destinations, content, correlation, deliverAt });
}

async function search(query: string): Promise<Page> {
  const answer = await harness.request<Page>('GET', `/v1/messages?${query}`);
  expect(answer.status).toBe(200);
  return answer.body;
}

async function keys(query: string): Promise<string[]> {
  return (await search(query)).messages.map(({ deduplicationKey }) => deduplicationKey);
}

describe('the search for messages', () => {
  it('gives the newest first, whether open or closed, page by page', async () => {
    const all = ['scheduled', 'quick', 'slow', 'pagerduty-55-triggered'];
    expect(await keys('')).toEqual(all);
    const paged: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await search(`limit=1${cursor === undefined ? '' : `&cursor=${cursor}`}`);
      paged.push(...page.messages.map(({ deduplicationKey }) => deduplicationKey));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(paged).toEqual(all);
  });

  it.each([
    ['PagerDuty 55', ['scheduled', 'pagerduty-55-triggered']],
    ['pagerduty #55', ['scheduled', 'pagerduty-55-triggered']],
    ['55 from PagerDuty', ['scheduled', 'pagerduty-55-triggered']],
    ['PagerDuty-55', ['pagerduty-55-triggered']],
    ['disk', ['slow']],
    ['Grafana', ['slow']],
    [INCIDENTS, ['quick']],
    ['PagerDuty 57', []],
    ['" OR WorkflowId STARTS_WITH "', []],
    ['\\', []],
    ['"><script>', []],
  ])('finds by what a person knows: %s', async (text, found) => {
    expect(await keys(`q=${encodeURIComponent(text)}`)).toEqual(found);
  });

  it('finds by trace id, and from the channel back to the source', async () => {
    const { traceId = '' } = await harness.message('quick');
    expect(await keys(`traceId=${traceId}`)).toEqual(['quick']);
    expect(await keys(`q=${traceId}`)).toEqual(['quick']);
    const found = await search(`destination=${encodeURIComponent(INCIDENTS)}`);
    expect(found.messages).toMatchObject([{ source: 'pagerduty', reference: '56' }]);
  });

  it('finds by status, and by time', async () => {
    expect(await keys('status=dead_lettered')).toEqual(['pagerduty-55-triggered']);
    expect(await keys('status=confirmed')).toEqual(['quick', 'slow']);
    expect(await keys('status=accepted')).toEqual(['scheduled']);
    expect(await keys('status=discarded')).toEqual([]);
    const { acceptedAt } = await harness.message('quick');
    expect(await keys(`since=${acceptedAt}`)).toEqual(['scheduled', 'quick']);
    expect(await keys(`until=${acceptedAt}`)).toEqual(['slow', 'pagerduty-55-triggered']);
  });

  it('refuses a cursor that it didn’t give', async () => {
    const forged = Buffer.from('2026-11-23T12:00:00Z" OR "" = ""').toString('base64url');
    const { cursor: given = '' } = await search('limit=1');
    expect((await search(`limit=1&cursor=${given}`)).messages).toHaveLength(1);
    const altered = [given.slice(0, -1), given.slice(1), `${given}AA`, `${given}!`];
    for (const cursor of ['nonsense', forged, ...altered]) {
      const answer = await harness.request('GET', `/v1/messages?cursor=${cursor}`);
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'cursor' }] } });
    }
  });
});
