/** A real browser: Chromium, which SENDPROOF_CHROMIUM names where it is not at its usual place. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe, { type AxeResults } from 'axe-core';
import { launch, type Browser, type Page } from 'puppeteer-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** @param more further arguments of Chromium */
export async function launchBrowser(...more: string[]): Promise<Browser> {
  const executablePath = process.env.SENDPROOF_CHROMIUM ?? PLACES.find((path) => existsSync(path));
  if (executablePath === undefined) {
    throw new Error(`No Chromium at ${PLACES.join(', ')}: install it, or set SENDPROOF_CHROMIUM.`);
  }
  // Its own sandbox needs what containers and root lack; it only sees our own pages.
  return await launch({
    executablePath,
    args: ['--no-sandbox', '--disable-dev-shm-usage', ...more],
  });
}

/**
 * What the browser complains of on the page from now on; it grows as that happens. A script, style or file that fails to load, or that
 * the Content-Security-Policy refuses, is an error on its console. No page of ours opens a dialog.
 */
export function complaintsOf(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return complaints;
}

/** For people to look at: in test-results/pictures, or in the folder that SENDPROOF_PICTURES names. */
export async function takePicture(page: Page, name: string): Promise<void> {
  const directory = process.env.SENDPROOF_PICTURES ?? join('test-results', 'pictures');
  mkdirSync(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`), fullPage: true });
}

/** What keeps people with disabilities from a page, as axe finds it: https://dequeuniversity.com/rules/axe */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' ')}`,
  );
}
