/** The page of the sources in a real browser. */
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pagerduty } from '../../src/sources/pagerduty/source.js';
import { hmac } from '../../src/sources/authentication/hmac.js';
import { startHarness, type Harness } from '../harness.js';
import { complaintsOf, launchBrowser, takePicture } from './browser.js';

const SECRET = 'of-this-test';

let harness: Harness;
let browser: Browser;
beforeAll(async () => {
  harness = await startHarness({
    environment: { PD_SECRET: SECRET },
    settings: {
      sources: {
        pagerduty: { type: 'pagerduty', secret: { env: 'PD_SECRET' } },
        'never-used': { type: 'pagerduty', secret: { env: 'PD_SECRET' } },
      },
      routes: [{ name: 'all', to: ['slack:default/C0123ABC'] }],
    },
  });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await harness.close();
});

async function send(body: string, secret = SECRET): Promise<void> {
  await fetch(`${harness.api.url}/v1/sources/pagerduty`, {
    method: 'POST',
    headers: { 'x-pagerduty-signature': `v1=${hmac(body, secret).toString('hex')}` },
    body,
  });
}

it('shows what came, leads to its message, and learns of the next request by itself', async () => {
  const { triggered, ...others } = pagerduty.samples;
  await send(triggered?.body ?? '');
  await harness.waitForStatus('pagerduty:01EXAMPLETRIGGER', 'confirmed');
  for (const { body } of Object.values(others)) await send(body);
  await send('{}', 'another');

  const page = await browser.newPage();
  const complaints = complaintsOf(page);
  await page.setViewport({ width: 1280, height: 800 });
  await page.goto(`${harness.api.url}/sources`);
  await takePicture(page, 'sources-desktop');
  await page.setViewport({ width: 390, height: 844, hasTouch: true, isMobile: true });
  await takePicture(page, 'sources-phone');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);

  await send('{"event": 5}');
  await page.waitForFunction(() => document.body.textContent.includes('no event.id'), {
    timeout: 20_000,
  });
  await Promise.all([
    page.waitForNavigation(),
    page.click('a[href="/messages/pagerduty%3A01EXAMPLETRIGGER"]'),
  ]);
  expect(await page.$eval('h1 + p', (element) => element.textContent)).toBe(
    'pagerduty:01EXAMPLETRIGGER Copy',
  );
  expect(complaints).toEqual([]);
});
