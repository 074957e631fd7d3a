import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INCIDENTS, OPS, startHarness, type Harness, type ProblemBody } from '../harness.js';
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

/** As long as real ones: twenty of them exceed what Temporal takes as one value. */
function teamsChannel(index: number): string {
  const id = String(index).padStart(32, '0');
  return `teams:default/0a1b2c3d-0000-4000-8000-000000000001/19:${id}@thread.tacv2`;
}

describe('a message to more destinations than Temporal takes as one value', () => {
  it.each([20, 120])('is accepted, and found by each of them: %i', async (count) => {
    const channels = Array.from({ length: count }, (_, index) => teamsChannel(count + index));
    const destinations = Array.from({ length: 20 }, (_, index) => {
      const [destination = '', ...fallback] = channels.filter((_each, at) => at % 20 === index);
      return fallback.length === 0 ? destination : { destination, fallback };
    });
    const deduplicationKey = `to-${count}`;
    const deliverAt = new Date(Date.now() + 3_600_000).toISOString();
    const content = { text: 'x' };
    const message = { deduplicationKey, destinations, content, deliverAt };
    expect((await harness.send(message)).status).toBe(202);
    for (const destination of [channels[0], channels.at(-1)]) {
      const query = `destination=${encodeURIComponent(destination ?? '')}`;
      await eventually(async () => expect(await keys(query)).toEqual([deduplicationKey]));
    }
    const [found] = (await search(`q=${deduplicationKey}`)).messages;
    expect([...(found?.destinations ?? [])].sort()).toEqual([...channels].sort());
    const { deliveries } = await harness.message(deduplicationKey);
    expect(deliveries).toHaveLength(count);
  });
});

describe('three messages to 20 long destinations each', () => {
  it('are posted once at each of the 60', async () => {
    const all = Array.from({ length: 60 }, (_, index) => teamsChannel(1_000 + index));
    const before = harness.sandbox.posts({ platform: 'teams' }).length;
    const sent = ['to-60-a', 'to-60-b', 'to-60-c'];
    for (const [index, key] of sent.entries()) {
      await send(key, all.slice(index * 20, (index + 1) * 20), {});
    }
    for (const key of sent) await harness.waitForStatus(key, 'confirmed');
    const posts = harness.sandbox.posts({ platform: 'teams' }).slice(before);
    expect(posts.map(({ path }) => `teams:default/${path}`).sort()).toEqual(all);
  });
});

describe('the search for any source and reference', () => {
  const GIVEN = [
    '"',
    '\\',
    "'",
    "''",
    'a"b',
    'a\\"b',
    "it's",
    "'quoted'",
    '100%',
    '_%_',
    '{"a":1}',
    '\\n',
    '*',
    '` OR 1=1',
  ];
  const texts = [
    ...new Set([
      ...GIVEN,
      ...fc.sample(
        fc
          .array(fc.constantFrom(...Array.from('"\\\'%_*?!()[]{};:-ab1😀é ＂')), {
            minLength: 1,
            maxLength: 8,
          })
          .map((parts) => parts.join('')),
        { numRuns: 40, seed: 26 },
      ),
    ]),
  ];
  const keyOf = (text: string) => `odd-${texts.indexOf(text)}-${text.trim()}`;

  beforeAll(async () => {
    const deliverAt = new Date(Date.now() + 3_600_000).toISOString();
    const messages = texts.map((text) => ({
      deduplicationKey: keyOf(text),
      destinations: [OPS],
      content: { text: 'x' },
      correlation: { source: text, reference: text },
      deliverAt,
    }));
    const { body } = await harness.request<{ results: { status: number }[] }>(
      'POST',
      '/v1/messages/batch',
      { messages },
    );
    expect(new Set(body.results.map(({ status }) => status))).toEqual(new Set([202]));
    await eventually(async () =>
      expect((await keys('q=odd-&limit=1000')).length).toBe(texts.length),
    );
  });

  it('finds exactly the message that has it', async () => {
    for (const text of texts) {
      for (const field of ['source', 'reference']) {
        const found = await keys(`${field}=${encodeURIComponent(text)}`);
        expect(found, `${field} ${JSON.stringify(text)}`).toEqual([keyOf(text)]);
      }
      const found = await keys(`q=${encodeURIComponent(keyOf(text))}`);
      expect(found, keyOf(text)).toEqual([keyOf(text)]);
      if (text.trim() === text) {
        expect(await keys(`limit=1000&q=${encodeURIComponent(text)}`), text).toContain(keyOf(text));
      }
    }
  });

  it('shows them as they were sent', async () => {
    const { messages } = await search('q=odd-&limit=1000');
    const shown = messages as unknown as { source: string; reference: string }[];
    expect(shown.map(({ source }) => source).sort()).toEqual([...texts].sort());
    expect(shown.map(({ reference }) => reference).sort()).toEqual([...texts].sort());
  });

  it.each(["'", '"', '\\', "''", '%'])('finds not everything by %s', async (text) => {
    const found = await search(`limit=1000&q=${encodeURIComponent(text)}`);
    const all = await search('limit=1000');
    expect(found.messages.length).toBeLessThan(all.messages.length / 2);
  });

  it.each([
    'source=',
    'reference=',
    'traceId=',
    'destination=',
    'status=',
    'since=',
    'q=',
    'q=%20',
    'limit=',
    'cursor=',
    'source=%00',
    'source=a%0Ab',
    'q=%00',
    'reference=%E2%80%A8',
  ])('refuses a filter that is empty or no line of text: %s', async (query) => {
    const answer = await harness.request<ProblemBody>('GET', `/v1/messages?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.body.errors?.map(({ field }) => field)).toEqual([query.split('=')[0]]);
  });
});

describe('a conversation', () => {
  /** Each is the key of a conversation with two messages, of which one has the reference. */
  const conversations = [
    'pagerduty:P77',
    'alert "*" at \\n',
    "'quoted'",
    '*',
    'a/b?c=d&e',
    '🚨 disk',
    '"'.repeat(255),
  ].map((key, index) => ({ key, reference: `conversation-${index}` }));
  const triggered = ({ reference }: { reference: string }) => `triggered-${reference}`;
  const note = ({ reference }: { reference: string }) => `note-${reference}`;

  beforeAll(async () => {
    for (const each of conversations) {
      const conversation = { key: each.key, at: '2026-11-26T00:00:00Z' };
      const common = { destinations: [OPS], content: { text: 'x' }, conversation };
      await harness.send({
        ...common,
        deduplicationKey: triggered(each),
        correlation: { source: 'pagerduty', reference: each.reference },
      });
      await harness.send({
        ...common,
        deduplicationKey: note(each),
        correlation: { source: 'pagerduty' },
      });
    }
    await eventually(async () =>
      expect(await keys('source=pagerduty&q=note-conversation-')).toHaveLength(
        conversations.length,
      ),
    );
  });

  it.each(conversations)('is found whole by its key and by its reference: $key', async (each) => {
    const { key, reference } = each;
    const both = [note(each), triggered(each)];
    for (const query of [
      `conversation=${encodeURIComponent(key)}`,
      `q=${encodeURIComponent(`PagerDuty ${reference}`)}`,
      `q=${encodeURIComponent(reference)}`,
      `reference=${reference}`,
      `source=pagerduty&reference=${reference}`,
    ]) {
      expect(await keys(query), query).toEqual(both);
    }
    // Other messages may have these words as their reference.
    expect(await keys(`q=${encodeURIComponent(key)}`)).toEqual(expect.arrayContaining(both));
    expect(await keys(`source=grafana&reference=${reference}`)).toEqual([]);
  });

  it('is named by what a list shows of its messages', async () => {
    const { messages } = await search('q=note-conversation-0');
    expect(messages).toMatchObject([
      { conversation: { key: 'pagerduty:P77', at: '2026-11-26T00:00:00Z', rank: 0 } },
    ]);
  });
});
