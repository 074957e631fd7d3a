/** The overview, the lists and decisions on many, in a real browser: with and without a script, wide, on a phone, and dark. */
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { OPS, startHarness, type Harness, type Summary } from '../harness.js';
import { barriers, complaintsOf, launchBrowser, takePicture } from './browser.js';

const PHONE = { width: 390, height: 844, hasTouch: true, isMobile: true };
const DESKTOP = { width: 1280, height: 800 };
const SCHEMES = ['light', 'dark'] as const;
const VIEWS = [
  ['phone', PHONE],
  ['desktop', DESKTOP],
] as const;

/** Four are chosen one by one; the others are decided on at once. */
const CHOSEN = 4;

let harness: Harness;
let browser: Browser;
let page: Page;
let complaints: readonly string[];

const shown = (selector: string) => page.$eval(selector, (element) => element.textContent);

/** The page needs its scripts for that: axe doesn't run without. */
async function assertNoBarriers(name: string): Promise<void> {
  await takePicture(page, name);
  expect(await barriers(page), name).toEqual([]);
}

async function press(selector: string): Promise<void> {
  await Promise.all([page.waitForNavigation(), page.click(selector)]);
}

/** Parks so many messages, and waits until the lists have them. */
async function park(count: number): Promise<void> {
  const fault = harness.sandbox.addFault({
    ...{ kind: 'slack_error', error: 'not_in_channel', platform: 'slack' },
    operation: 'chat.postMessage',
  });
  const messages = Array.from({ length: count }, (_, index) => ({
    deduplicationKey: `disk-${index}`,
    destinations: [OPS],
    content: { title: `Disk ${index} is full`, text: 'Make room.' },
    correlation: { source: 'pagerduty', reference: String(index) },
  }));
  await harness.request('POST', '/v1/messages/batch', { messages });
  await deadLetters(count);
  harness.sandbox.removeFault(fault);
}

async function deadLetters(count: number): Promise<void> {
  await vi.waitFor(
    async () => {
      const { body } = await harness.request<Summary>('GET', '/v1/dead-letters/summary');
      expect(body.deadLetters).toBe(count);
    },
    { timeout: 120_000, interval: 500 },
  );
}

/** @param atOnce how many dead letters one decision retries */
export function proveOverview(atOnce: number): void {
  beforeAll(async () => {
    harness = await startHarness({
      settings: { names: { [OPS]: 'Operations channel' } },
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

  describeDeadLetters(atOnce + CHOSEN);

  it('a slash leads to the search, and a key is copied', async () => {
    await page.goto(`${harness.api.url}/messages`);
    await page.keyboard.press('/');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('q');
    await page.goto(`${harness.api.url}/messages/disk-0`);
    await page.click('h1 + p .copy');
    // A browser without permissions says so.
    await page.waitForFunction(() =>
      /^(?:Copied|Not allowed)$/.test(document.querySelector('h1 + p .copy')?.textContent ?? ''),
    );
  });

  it('the sandbox’s buttons set and clear a fault without a script', async () => {
    await page.setJavaScriptEnabled(false);
    await page.goto(harness.sandbox.url);
    await page.click('.presets summary');
    await press('button[value=slack-not-in-channel]');
    expect(await shown('.faults')).toContain('not_in_channel');
    await press('button[value=all]');
    expect(await page.$('.faults')).toBeNull();
    await page.click('.presets summary');
    await press('button[value=teams-down]');
    await page.setJavaScriptEnabled(true);
    await page.reload();
    await page.click('.presets summary');
    await assertNoBarriers('sandbox-faults');
  });
}

function describeDeadLetters(many: number): void {
  describe('with dead letters', () => {
    beforeAll(async () => {
      await park(many);
      await harness.send({
        ...{ deduplicationKey: 'later', destinations: [OPS], content: { text: 'Later' } },
        deliverAt: new Date(Date.now() + 3_600_000).toISOString(),
      });
    }, 180_000);

    it('the pages have no barriers, no width beyond the screen, and need no style of their own', async () => {
      for (const scheme of SCHEMES) {
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
        for (const [view, size] of VIEWS) {
          await page.setViewport(size);
          for (const [name, path] of [
            ['overview', '/'],
            ['messages', '/messages'],
            ['needs-action', '/messages?tab=needs_action'],
            ['scheduled', '/messages?tab=scheduled'],
            ['dead-letters', '/dead-letters'],
            ['message', '/messages/disk-0'],
            ['message-scheduled', '/messages/later'],
            ['sources', '/sources'],
          ] as const) {
            await page.goto(harness.api.url + path);
            await takePicture(page, `${name}-${view}-${scheme}`);
            expect(await barriers(page), `${path} ${view} ${scheme}`).toEqual([]);
            const width = await page.evaluate(() => document.documentElement.scrollWidth);
            expect(width, `${path} ${view}`).toBeLessThanOrEqual(size.width);
          }
        }
      }
      expect(complaints).toEqual([]);
    }, 120_000);

    it('the overview says what needs attention, without a script too', async () => {
      await page.setJavaScriptEnabled(false);
      await page.goto(harness.api.url);
      expect(await shown('.verdict')).toBe('One thing needs attention');
      expect(await shown('#decisions')).toContain('not authorised');
      expect(await shown('#accounts')).toContain('slack:default');
      await press('.troubles a');
      expect(await shown('h1')).toBe('Dead letters');
      expect(await shown('#found')).toContain('Operations channel');
    });

    it.each([
      { withScript: false, left: many - 2 },
      { withScript: true, left: many - CHOSEN },
    ])('two that are chosen are retried, after a question: %o', async ({ left, withScript }) => {
      await page.setJavaScriptEnabled(withScript);
      await page.goto(`${harness.api.url}/dead-letters`);
      await page.click('input[name=message-0]');
      await page.click('input[name=message-1]');
      await press('button[value=retry-chosen]');
      expect(await shown('h1')).toBe('Retry 2 messages?');
      if (withScript) await assertNoBarriers('question-desktop');
      const name = await page.$eval('input[name=by]', (field) => field.value);
      expect(name).toBe(withScript ? 'Ana' : '');
      if (name === '') await page.type('input[name=by]', 'Ana');
      await press('main form button');
      expect(await shown('h1')).toBe('2 messages sent again');
      if (withScript) await assertNoBarriers('decided-desktop');
      await deadLetters(left);
    });

    it('all others are retried, with their progress', async () => {
      await page.goto(`${harness.api.url}/dead-letters`);
      await press('button[value=retry-all]');
      expect(await shown('h1')).toBe(`Retry ${many - CHOSEN} dead letters?`);
      expect(await page.$eval('input[name=by]', (field) => field.value)).toBe('Ana');
      await page.type('input[name=reason]', 'invited the app');
      await press('main form button');
      expect(await shown('#progress')).toMatch(new RegExp(`of ${many - CHOSEN} sent again`));
      await assertNoBarriers('progress-desktop');
      await page.waitForFunction(
        () => document.querySelector('#progress')?.textContent.includes('Done'),
        { timeout: 120_000 },
      );
      await deadLetters(0);
      await vi.waitFor(() => expect(harness.sandbox.posts()).toHaveLength(many), {
        timeout: 120_000,
        interval: 500,
      });
      expect(complaints).toEqual([]);
    }, 300_000);

    it('a message that waits is posted at once, from its page', async () => {
      await page.setJavaScriptEnabled(false);
      await page.goto(`${harness.api.url}/messages/later`);
      await page.click('details.card summary');
      await press('form[action$=reschedule] button[value=now]');
      await harness.waitForStatus('later', 'confirmed');
    });
  });
}
