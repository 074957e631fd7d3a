/** Messages that are too long for one post, from the request to what people see. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INCIDENTS, startHarness, WEBHOOK, type Harness } from '../harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    requestTimeout: '1s',
    environment: { PUBLIC_URL: 'https://sendproof.example/' },
  });
});
afterAll(() => harness.close());

const WORDS = Array.from({ length: 3_000 }, (_, index) => `word${index}`);
const TEXT = WORDS.join(' ');

/** Sends the text to a channel of its own. */
async function send(key: string, more: object = {}): Promise<string> {
  const path = `CLONG${key.toUpperCase()}`;
  const answer = await harness.send({
    deduplicationKey: key,
    destinations: [`slack:default/${path}`],
    content: { text: TEXT, title: 'T'.repeat(200) },
    ...more,
  });
  expect(answer.status).toBe(202);
  return path;
}

/** The words of the posts in a channel, in order, and the posts that they answer. */
function shownIn(path: string) {
  const posts = harness.sandbox.posts({ platform: 'slack', path });
  const shown = posts.map(({ content }) => (content.kind === 'slack' ? content.blocks : []));
  const [first] = posts;
  expect(posts.slice(1).every(({ replyTo }) => replyTo === first?.id)).toBe(true);
  return { posts, words: JSON.stringify(shown).match(/word\d+/g) };
}

const explanationOf = async (key: string): Promise<string> =>
  (await harness.request<{ explanation: string }>('GET', `/v1/messages/${key}`)).body.explanation;

describe('a text of 26,000 characters', () => {
  it('is whole on Slack, and refuses no other destination', async () => {
    const destinations = ['slack:default/CLONGWHOLE', INCIDENTS, WEBHOOK];
    await send('whole', { destinations });
    const { deliveries } = await harness.waitForStatus('whole', 'confirmed');
    const { posts, words } = shownIn('CLONGWHOLE');
    expect(words).toEqual(WORDS);
    expect(deliveries[0]?.receipt).toMatchObject({ messageId: posts[0]?.id, parts: posts.length });
    expect(deliveries[0]?.attempts.map(({ part }) => part?.number)).toEqual(
      posts.map((_, index) => index + 1),
    );
    expect(await explanationOf('whole')).toContain('Confirmed');
  });

  it('can’t be taken for posted by a worker that knows no parts', async () => {
    const path = await send('marked');
    await harness.waitForStatus('marked', 'confirmed');
    const { events } = await harness.client.workflow.getHandle('marked').fetchHistory();
    const steps = (events ?? []).flatMap(
      ({ activityTaskScheduledEventAttributes: activity, markerRecordedEventAttributes: marker }) =>
        activity?.activityType?.name ?? marker?.markerName ?? [],
    );
    const { posts } = shownIn(path);
    const parts = posts.slice(1).map(() => 'deliverPart');
    expect(parts.length).toBeGreaterThan(1);
    expect(steps).toEqual(['core_patch', 'deliver', ...parts]);
  });

  it('is shortened on Teams where it is too long, with a link to its page', async () => {
    const content = { text: `${TEXT} ${TEXT}`, title: 'Long' };
    await send('short', { destinations: [INCIDENTS, WEBHOOK], content });
    const { deliveries } = await harness.waitForStatus('short', 'confirmed');
    const { body } = await harness.request<{ entries: object[] }>(
      'GET',
      '/v1/messages/short/timeline',
    );
    for (const { receipt } of deliveries) {
      expect(receipt?.shortened).toMatchObject({ of: content.text.length });
      expect(JSON.stringify(body.entries)).toContain(`"shown":${receipt?.shortened?.shown}`);
    }
    expect(await explanationOf('short')).toContain('shortened');
    for (const platform of ['teams', 'teams-webhook'] as const) {
      const post = harness.sandbox.posts({ platform }).at(-1);
      expect(JSON.stringify(post?.content)).toContain('https://sendproof.example/messages/short');
    }
  });

  it.each([
    ['limited', { kind: 'rate_limited', retryAfter: '1' }],
    ['unanswered', { kind: 'timeout', when: 'after' }],
    ['lost', { kind: 'reset', when: 'before' }],
  ] as const)('has each part once where the second is %s', async (key, fault) => {
    const path = `CLONG${key.toUpperCase()}`;
    const where = { platform: 'slack', path, operation: 'chat.postMessage' } as const;
    harness.sandbox.addFault({ ...fault, ...where, skip: 1, times: 1 });
    await send(key);
    const { deliveries } = await harness.waitForStatus(key, 'confirmed');
    expect(shownIn(path).words).toEqual(WORDS);
    const [first, second, third] = deliveries[0]?.attempts ?? [];
    expect(first).toMatchObject({ outcome: 'delivered', part: { number: 1 } });
    expect(second).toMatchObject({ part: { number: 2 } });
    expect(second?.outcome).not.toBe('delivered');
    expect(third).toMatchObject({ outcome: 'delivered', part: { number: 2 } });
  });

  it('is a dead letter that says which parts are posted, and goes on with the next', async () => {
    const where = {
      platform: 'slack',
      path: 'CLONGPARKED',
      operation: 'chat.postMessage',
    } as const;
    harness.sandbox.addFault({
      kind: 'slack_error',
      error: 'not_in_channel',
      ...where,
      skip: 1,
      times: 1,
    });
    await send('parked');
    const { deliveries } = await harness.waitForStatus('parked', 'dead_lettered');
    expect(deliveries[0]).toMatchObject({ partsPosted: { count: 1 } });
    expect(deliveries[0]?.detail).toMatch(
      /Part 1 of \d is posted; a retry continues with part 2\.$/,
    );
    expect(await explanationOf('parked')).toMatch(/^Only 1 of \d parts was sent to/);
    await harness.request('POST', '/v1/messages/parked/retry', { by: 'ana' });
    await harness.waitForStatus('parked', 'confirmed');
    expect(shownIn('CLONGPARKED').words).toEqual(WORDS);
  });
});
