/** The pages in a real browser. */
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { OPS, startHarness, type Harness } from '../harness.js';
import { barriers, complaintsOf, launchBrowser, takePicture } from './browser.js';

const PHONE = { width: 390, height: 844, hasTouch: true, isMobile: true };
const DESKTOP = { width: 1280, height: 800 };

let harness: Harness;
let browser: Browser;
let page: Page;
let complaints: readonly string[];

beforeAll(async () => {
  harness = await startHarness();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await harness.close();
});
beforeEach(async () => {
  page = await browser.newPage();
  await page.setViewport(PHONE);
  complaints = complaintsOf(page);
});

async function park(key: string, message: object) {
  harness.sandbox.addFault({
    kind: 'slack_error',
    error: 'not_in_channel',
    platform: 'slack',
    operation: 'chat.postMessage',
    times: 1,
  });
  await harness.send({ deduplicationKey: key, destinations: [OPS], ...message });
  await harness.waitForStatus(key, 'dead_lettered');
}

const shown = (selector: string) => page.$eval(selector, (element) => element.textContent);

const picture = (name: string) => takePicture(page, name);

it('finds a message by "PagerDuty 55", says why it was not sent, retries, and turns to confirmed by itself', async () => {
  await park('pagerduty:Q1ABC', {
    content: { text: '**Disk full** on `db-1`', title: 'PagerDuty alert 55', severity: 'critical' },
    correlation: { source: 'pagerduty', reference: '55', url: 'https://example.com/incidents/55' },
  });
  await page.goto(`${harness.api.url}/messages`);
  await page.type('input[name=q]', 'PagerDuty 55');
  await Promise.all([page.waitForNavigation(), page.click('form.search button')]);
  await page.waitForSelector('#found th a');
  await picture('search-phone');
  await Promise.all([page.waitForNavigation(), page.click('#found th a')]);

  expect(await shown('.explanation')).toMatch(
    /^Never sent to slack:default\/C0123ABC: the account slack:default may not post there \(not_in_channel\); it has needed a decision since/,
  );
  await picture('dead-letter-phone');
  expect(await barriers(page)).toEqual([]);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBeLessThanOrEqual(PHONE.width);
  await page.setViewport(DESKTOP);
  await picture('dead-letter-desktop');

  await page.type('.decisions input[name=by]', 'ana');
  await page.type('.decisions input[name=reason]', 'invited the app');
  await Promise.all([page.waitForNavigation(), page.click('.decisions form button')]);
  // It turns without another click, and the page isn't loaded anew.
  await page.evaluate(() => document.body.setAttribute('data-same-page', ''));
  await page.waitForSelector('#why .status.confirmed', { timeout: 30_000 });
  expect(await page.$('#decide form')).toBeNull();
  expect(await shown('#timeline')).toMatch(/Retry by ana: invited the app.*Confirmed by/s);
  await picture('confirmed-desktop');
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
  await picture('confirmed-dark');
  expect(await barriers(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

it('turns to confirmed under the eyes of who looks at it, and spares a form that is being filled in', async () => {
  await park('watched', { content: { text: 'watched' } });
  await page.goto(`${harness.api.url}/messages/watched`);
  await page.evaluate(() => document.body.setAttribute('data-same-page', ''));
  await page.type('.decisions input[name=reason]', 'invited');
  await harness.request('POST', '/v1/messages/watched/retry');
  await page.waitForSelector('[data-same-page] #why .status.confirmed', { timeout: 30_000 });
  const reason = await page.$eval('.decisions input[name=reason]', (field) => field.value);
  expect(reason).toBe('invited');
  expect(complaints).toEqual([]);
});

it('shows a message whose text is <script> as text', async () => {
  const text = '<script>alert(1)</script><img src=x onerror=alert(2)>';
  await park('<script>alert(3)</script>', {
    content: { text, title: '<script>alert(4)</script>' },
  });
  await page.goto(`${harness.api.url}/messages/${encodeURIComponent('<script>alert(3)</script>')}`);
  expect(await shown('.content .text')).toBe(text);
  expect(await shown('h1')).toBe('<script>alert(4)</script>');
  expect(await shown('h1 + p')).toMatch(/^<script>alert\(3\)<\/script> Copy$/);
  expect(await page.$$eval('script', (scripts) => scripts.map(({ src }) => src))).toEqual([
    `${harness.api.url}/assets/live.js`,
  ]);
  expect(complaints).toEqual([]);
});

it('has no barriers on lists, forms and pages of errors, in light and dark', async () => {
  await park('barrier', { content: { text: 'barrier' } });
  for (const scheme of ['light', 'dark']) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    for (const path of [
      ...['/', '/messages', '/messages?q=nothing+like+this', '/messages?tab=scheduled'],
      ...['/dead-letters', '/sources', '/sign-in'],
      ...['/messages/barrier', '/messages/never-sent', '/conversations/never-sent'],
      '/messages?status=nonsense',
    ]) {
      await page.goto(harness.api.url + path);
      expect(await barriers(page), `${path} ${scheme}`).toEqual([]);
    }
  }
  await page.goto(`${harness.api.url}/dead-letters`);
  for (const summary of await page.$$('summary')) await summary.click();
  expect(await barriers(page)).toEqual([]);
});

it('works without scripts, and by keyboard', async () => {
  await park('plain', { content: { text: 'plain' } });
  await page.setJavaScriptEnabled(false);
  await page.goto(`${harness.api.url}/dead-letters`);
  await picture('dead-letters-phone');
  await page.goto(`${harness.api.url}/messages/plain`);
  await page.focus('.decisions input[name=by]');
  await page.keyboard.type('ana');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  await harness.waitForStatus('plain', 'confirmed');
  await page.reload();
  expect(await shown('#why .status')).toBe('confirmed');
});
