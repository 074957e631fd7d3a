/** What people see of routed events in a real browser: a conversation, muted and grouped events, a source in trouble. */
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hmac } from '../../src/sources/authentication/hmac.js';
import { pagerduty } from '../../src/sources/pagerduty/source.js';
import { INCIDENTS, startHarness, type Harness } from '../harness.js';
import { barriers, complaintsOf, launchBrowser, takePicture } from './browser.js';

const SECRET = 'of-this-test';
const PHONE = { width: 390, height: 844, hasTouch: true, isMobile: true };
const DESKTOP = { width: 1280, height: 800 };

const NAMED = 'slack:default/#ops';
const PARKED = 'slack:default/C0PARK001';
const CONVERSATION = 'pagerduty:Q1A2B3C4D5';
const PATH = `/conversations/${encodeURIComponent(CONVERSATION)}`;

let harness: Harness;
let browser: Browser;
let page: Page;
let complaints: readonly string[];

beforeAll(async () => {
  harness = await startHarness({
    environment: { PD_SECRET: SECRET },
    settings: {
      sources: { pagerduty: { type: 'pagerduty', secret: { env: 'PD_SECRET' } } },
      conversations: { patience: '1s' },
      names: { [INCIDENTS]: 'Incidents' },
      routes: [
        {
          name: 'night',
          match: { 'labels.route': 'night' },
          to: ['slack:default/#ops'],
          mute: { timeZone: 'UTC' },
        },
        {
          name: 'storm',
          match: { 'labels.route': 'storm' },
          to: [NAMED],
          group: { window: '1s' },
        },
        { name: 'incidents', to: [NAMED, INCIDENTS, PARKED], conversation: { mode: 'both' } },
      ],
    },
  });
  harness.sandbox.addFault({
    kind: 'slack_error',
    error: 'not_in_channel',
    platform: 'slack',
    path: 'C0PARK001',
    times: 1,
  });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await harness.close();
});
beforeEach(async () => {
  page = await browser.newPage();
  await page.setViewport(DESKTOP);
  complaints = complaintsOf(page);
});

async function sendSample(name: string, change: (event: SampleEvent) => void = () => undefined) {
  const payload = JSON.parse(pagerduty.samples[name]?.body ?? '') as { event: SampleEvent };
  change(payload.event);
  const body = JSON.stringify(payload);
  const response = await fetch(`${harness.api.url}/v1/sources/pagerduty`, {
    method: 'POST',
    headers: { 'x-pagerduty-signature': `v1=${hmac(body, SECRET).toString('hex')}` },
    body,
  });
  expect(response.status).toBe(202);
}

interface SampleEvent {
  id: string;
  occurred_at: string;
}

const pathOf = (key: string) => `/messages/${encodeURIComponent(key)}`;
const shown = (selector: string) => page.$eval(selector, (element) => element.textContent);
const shownAll = (selector: string) =>
  page.$$eval(selector, (elements) => elements.map((element) => element.textContent));

async function follow(selector: string): Promise<void> {
  await Promise.all([page.waitForNavigation(), page.click(selector)]);
}

/** On a desk, on a phone and in the dark: pictures for people, and what a program can check. */
async function look(name: string): Promise<void> {
  await page.setViewport(DESKTOP);
  await takePicture(page, `${name}-desktop`);
  expect(await barriers(page)).toEqual([]);
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
  await takePicture(page, `${name}-dark`);
  expect(await barriers(page)).toEqual([]);
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
  await page.setViewport(PHONE);
  await takePicture(page, `${name}-phone`);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
    PHONE.width,
  );
  await page.setViewport(DESKTOP);
  expect(complaints).toEqual([]);
}

it('notices a barrier that a page has', async () => {
  await page.goto(`${harness.api.url}/messages`);
  expect(await barriers(page)).toEqual([]);
  await page.evaluate(() => document.documentElement.removeAttribute('lang'));
  expect(await barriers(page)).toEqual([expect.stringContaining('html-has-lang')]);
});

describe('an incident', () => {
  const NEWEST_KEY = 'pagerduty:01EXAMPLERESOLVE';
  const LATE_KEY = 'pagerduty:01EXAMPLELATE';

  beforeAll(async () => {
    await sendSample('triggered');
    await harness.waitForStatus('pagerduty:01EXAMPLETRIGGER', 'dead_lettered');
    for (const name of ['acknowledged', 'annotated', 'resolved']) {
      await sendSample(name);
    }
    await harness.waitForStatus(NEWEST_KEY, 'confirmed');
    await sendSample('acknowledged', (event) => {
      event.id = '01EXAMPLELATE';
      event.occurred_at = '2026-11-23T12:04:00Z';
    });
    await harness.waitForStatus(LATE_KEY, 'superseded');
  });

  it('is found by "PagerDuty 55", and read from its beginning to its end', async () => {
    await page.goto(`${harness.api.url}/messages`);
    await page.type('input[name=q]', 'PagerDuty 55');
    await follow('form.search button');
    await page.waitForSelector('#found tbody tr:nth-child(5) a');
    expect(await shownAll('#found th .key-inline')).toEqual([
      LATE_KEY,
      NEWEST_KEY,
      'pagerduty:01EXAMPLENOTE',
      'pagerduty:01EXAMPLEACKNOWLEDGE',
      'pagerduty:01EXAMPLETRIGGER',
    ]);
    await look('conversation-found');
    await follow(`#found a[href="${PATH}"]`);
    await look('conversation');
    expect(await shown('h1')).toBe('pagerduty 55');
    expect(await shown('h1 + .explanation')).toBe('Incident 55 resolved: Disk full on db-3');
    expect(await shownAll('#conversation h3 a')).toEqual([
      'Incident 55 triggered: Disk full on db-3',
      'Incident 55 acknowledged: Disk full on db-3',
      'Incident 55 acknowledged: Disk full on db-3',
      'Incident has a new note: Disk full on db-3',
      'Incident 55 resolved: Disk full on db-3',
    ]);
    expect(await shownAll('#conversation li:first-child .outcomes strong')).toEqual([
      'slack:default/#ops (C0123ABC)',
      `Incidents (${INCIDENTS})`,
      PARKED,
    ]);
    const [triggered, , late, note, resolved] = await shownAll('#conversation li.card');
    expect(triggered).toMatch(/needs a decision.*It begins its conversation.*not_in_channel/);
    expect(late).toMatch(/superseded.*“pagerduty:01EXAMPLERESOLVE” is newer/);
    expect(note).toContain('It answers the post of “pagerduty:01EXAMPLETRIGGER” in the thread.');
    expect(resolved).toContain('It replaced the content of the post of');
  });

  it('is read without scripts, too', async () => {
    await page.setJavaScriptEnabled(false);
    await page.goto(harness.api.url + PATH);
    expect(await shownAll('#conversation li.card')).toHaveLength(5);
    await follow(`#conversation li:last-child .outcomes a[href^="/messages/"]`);
    expect(await shown('h1')).toBe('Incident 55 triggered: Disk full on db-3');
  });

  it('leads to each of its messages and back', async () => {
    await page.goto(harness.api.url + PATH);
    await follow(`a[href="${pathOf(LATE_KEY)}"]`);
    await look('conversation-superseded');
    expect(await shown('.explanation')).toMatch(/^Superseded: /);
    expect(await page.$(`.explanation a[href="${pathOf(NEWEST_KEY)}"]`)).not.toBeNull();
    await follow(`a[href="${PATH}"]`);
    await follow(`a[href="${pathOf(NEWEST_KEY)}"]`);
    await look('conversation-message');
    expect(await shown('main')).not.toContain('failed because');
    await follow(`a[href="${PATH}"]`);
    expect(await shown('h1')).toBe('pagerduty 55');
  });
});

async function sendEvent(key: string, route: string): Promise<void> {
  const { status } = await harness.request('POST', '/v1/events', {
    key,
    source: 'test',
    title: `Disk full on ${key}`,
    labels: { route },
  });
  expect(status).toBe(202);
}

it('shows a text as its posts do, however wide its lines are', async () => {
  const wide = `${'wide '.repeat(60)}${'w'.repeat(300)}`;
  const text = [
    '# Runbook',
    '### Step 1',
    'Look at **db\\-3** and `df -h`,\nthen at [the panel](https://example.com/panel) or <https://example.com/x>.',
    '> quoted\n>\n> - a\n> - b',
    '3. three\n4. four\n   - inner',
    `\`\`\`\n${wide}\n\`\`\``,
    `| host | state |\n| --- | --- |\n| db-3 | ~~ok~~ full |\n| ${'h'.repeat(200)} | ${wide} |`,
    '---',
    '[not a link](javascript:alert(1)) ![image](https://example.com/i.png) <script>alert(2)</script>',
    'مرحبا 👩‍👩‍👧 :warning:',
  ].join('\n\n');
  await harness.send({ deduplicationKey: 'rich', destinations: [PARKED], content: { text } });
  await harness.waitForStatus('rich', 'confirmed');
  await page.goto(`${harness.api.url}/messages/rich`);
  await look('rich');
  expect(await shownAll('.text :is(h4, h5)')).toEqual(['Runbook', 'Step 1']);
  expect(await shown('.text p strong')).toBe('db-3');
  expect(await page.$$eval('.text a', (links) => links.map(({ href }) => href))).toEqual([
    'https://example.com/panel',
    'https://example.com/x',
    'https://example.com/i.png',
  ]);
  expect(await shown('.text')).toContain('<script>alert(2)</script>');
  expect(await shownAll('.text tbody td:first-child')).toEqual(['db-3', 'h'.repeat(200)]);
});

it('says of a muted event why it was not posted', async () => {
  await sendEvent('muted-1', 'night');
  await harness.waitForStatus('test:muted-1', 'muted');
  await page.goto(`${harness.api.url}/messages/test%3Amuted-1`);
  await look('muted');
  expect(await shown('.explanation')).toContain('Not posted: the route night mutes this event');
});

it('leads from a grouped event to the message that shows it, and back', async () => {
  for (const key of ['db-1', 'db-2', 'db-3']) await sendEvent(key, 'storm');
  const { deliveries } = await harness.waitForStatus('test:db-1', 'grouped');
  const key = (deliveries[0] as { groupedIn?: string }).groupedIn ?? '';
  await harness.waitForStatus(key, 'confirmed');
  await page.goto(`${harness.api.url}/messages/test%3Adb-1`);
  await look('grouped');
  await follow('.explanation a');
  await look('group');
  expect(await shown('h1')).toBe('3 events: storm');
  await follow(`a[href="${pathOf('test:db-2')}"]`);
  expect(await shown('h1')).toBe('Disk full on db-2');
  await page.goBack();
  expect((await shownAll('.content li')).sort()).toEqual(
    ['db-1', 'db-2', 'db-3'].map((key) => `Disk full on ${key}`),
  );
});

it('shows a source whose requests fail', async () => {
  await fetch(`${harness.api.url}/v1/sources/pagerduty`, { method: 'POST', body: '{}' });
  await page.goto(`${harness.api.url}/sources`);
  await look('source-failed');
  expect(await shown('.requests li')).toMatch(
    /refused: the header X-PagerDuty-Signature is missing/,
  );
});
