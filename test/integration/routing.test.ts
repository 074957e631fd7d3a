/** What routes do with events: reminders, mutes and groups, from the request to the post. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHarness, type Harness } from '../harness.js';

let harness: Harness;
beforeAll(async () => {
  const to = (channel: string) => [`slack:default/C0ROUTE${channel}`];
  harness = await startHarness({
    settings: {
      routes: [
        {
          name: 'night',
          match: { 'labels.route': 'night' },
          to: to('NIGHT'),
          mute: { timeZone: 'UTC', except: { severity: 'critical' } },
        },
        {
          name: 'storm',
          match: { 'labels.route': 'storm' },
          to: to('STORM'),
          group: { window: '1s', by: ['labels.team'] },
        },
        {
          name: 'full',
          match: { 'labels.route': 'full' },
          to: to('FULL'),
          group: { window: '1h', maximum: 12 },
        },
        {
          name: 'remind',
          match: { 'labels.route': 'remind' },
          to: to('REMIND'),
          repeats: 'remind',
          remindAfter: '2s',
        },
        {
          name: 'urgent',
          match: { 'labels.route': 'urgent' },
          to: to('URGENT'),
          priority: 1,
          expireAfter: '1h',
          continue: true,
        },
        { name: 'rest', to: to('REST') },
      ],
    },
  });
});
afterAll(() => harness.close());

interface Routed {
  deduplicationKey: string;
  route?: string;
  duplicate: boolean;
  status: string;
}

async function send(route: string, key: string, fields: object = {}): Promise<Routed[]> {
  const labels = { route, ...(fields as { labels?: object }).labels };
  const event = { key, source: 'test', title: `Event ${key}`, ...fields, labels };
  const { body, status } = await harness.request<{ messages: Routed[] }>(
    'POST',
    '/v1/events',
    event,
  );
  expect(status).toBe(body.messages.every(({ duplicate }) => duplicate) ? 200 : 202);
  return body.messages;
}

const posts = (channel: string) =>
  harness.sandbox
    .posts({ platform: 'slack', path: `C0ROUTE${channel}` })
    .map(({ content }) => JSON.stringify(content));

const explanationOf = async (key: string): Promise<string> => {
  const path = `/v1/messages/${encodeURIComponent(key)}/timeline`;
  return (await harness.request<{ explanation: string }>('GET', path)).body.explanation;
};

describe('a muted event', () => {
  it('is not posted, says so, and stays a duplicate when it comes again', async () => {
    const expected = { deduplicationKey: 'test:m1', route: 'night', status: 'muted' };
    expect(await send('night', 'm1')).toMatchObject([{ ...expected, duplicate: false }]);
    const { deliveries } = await harness.waitForStatus('test:m1', 'muted');
    expect(deliveries).toEqual([
      expect.objectContaining({ destination: 'slack:default/C0ROUTENIGHT', status: 'muted' }),
    ]);
    expect(await send('night', 'm1')).toMatchObject([{ ...expected, duplicate: true }]);
    expect(await explanationOf('test:m1')).toContain('the route night mutes this event');
    expect((await send('night', 'm2', { severity: 'critical' }))[0]?.status).toBe('accepted');
    await harness.waitForStatus('test:m2', 'confirmed');
    expect(posts('NIGHT')).toEqual([expect.stringContaining('Event m2')]);
  });

  it('is found by its status', async () => {
    await expect
      .poll(
        async () =>
          (
            await harness.request<{ messages: { deduplicationKey: string }[] }>(
              'GET',
              '/v1/messages?status=muted',
            )
          ).body.messages.map(({ deduplicationKey }) => deduplicationKey),
        { timeout: 30_000 },
      )
      .toEqual(['test:m1']);
  });
});

describe('a group', () => {
  it('shows the events of a window in one message, to which each of them leads', async () => {
    const db = { labels: { team: 'db' } };
    await Promise.all(
      ['s1', 's2', 's3'].map((key) => send('storm', key, { ...db, severity: 'warning' })),
    );
    await send('storm', 'other', { labels: { team: 'web' } });
    const { deliveries } = await harness.waitForStatus('test:s1', 'grouped');
    expect((await send('storm', 's1', db))[0]).toMatchObject({
      duplicate: true,
      status: 'grouped',
    });
    const key = (deliveries[0] as { groupedIn?: string }).groupedIn ?? '';
    const { shows } = await harness.waitForStatus(key, 'confirmed');
    expect(shows?.count).toBe(3);
    expect(shows?.keys.toSorted()).toEqual(['test:s1', 'test:s2', 'test:s3']);
    expect(await explanationOf('test:s2')).toContain(`“${key}” shows it`);
    // After its group was posted, too.
    expect((await send('storm', 's1', db))[0]).toMatchObject({
      duplicate: true,
      status: 'grouped',
    });
    await expect.poll(() => posts('STORM').length, { timeout: 30_000 }).toBe(2);
    const [group = '', single = ''] = posts('STORM').sort(
      (one, other) => other.length - one.length,
    );
    expect(group).toMatch(/3 events: storm/);
    for (const title of ['Event s1', 'Event s2', 'Event s3']) expect(group).toContain(title);
    expect(single).toContain('Event other');
    expect(single).not.toContain('1 event');
  });

  it('is posted when it is full, with the first ten of its events', async () => {
    const keys = Array.from({ length: 12 }, (_, index) => `f${index}`);
    await Promise.all(keys.map((key) => send('full', key)));
    await expect.poll(() => posts('FULL').length, { timeout: 20_000 }).toBe(1);
    expect(posts('FULL')[0]).toMatch(/12 events: full.*and 2 more/s);
  });
});

describe('an event that comes again', () => {
  it('is posted again after the time that its route says', async () => {
    const [first] = await send('remind', 'r1');
    expect((await send('remind', 'r1'))[0]).toEqual({
      ...first,
      duplicate: true,
      status: expect.any(String) as string,
    });
    await expect
      .poll(async () => (await send('remind', 'r1'))[0], { timeout: 30_000, interval: 300 })
      .toMatchObject({ deduplicationKey: 'test:r1~reminder-1', duplicate: false });
    await harness.waitForStatus('test:r1~reminder-1', 'confirmed');
    expect(posts('REMIND')).toHaveLength(2);
  });
});

it('goes to each route that takes it, as the route says', async () => {
  const routed = await send('urgent', 'u1');
  expect(routed.map(({ deduplicationKey, route }) => [deduplicationKey, route])).toEqual([
    ['test:u1', 'urgent'],
    ['test:u1/rest', 'rest'],
  ]);
  const urgent = await harness.waitForStatus('test:u1', 'confirmed');
  expect(Date.parse(urgent.expiresAt ?? '') - Date.parse(urgent.acceptedAt)).toBeGreaterThan(
    3_500_000,
  );
  await harness.waitForStatus('test:u1/rest', 'confirmed');
  expect(posts('URGENT')).toHaveLength(1);
});
