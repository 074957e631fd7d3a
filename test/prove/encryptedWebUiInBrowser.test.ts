/** Temporal's own Web UI on encrypted content, with and without the codec server. */
import { randomBytes } from 'node:crypto';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { DevServer } from '../../src/embedded/devServer.js';
import { resolvePort } from '../../src/lib/ports.js';
import { OPS, startHarness, type Harness } from '../harness.js';
import { startOwnServer } from '../ownServer.js';
import { launchBrowser } from './browser.js';

let server: DevServer;
let harness: Harness;
let browser: Browser;
beforeAll(async () => {
  const port = await resolvePort(0);
  server = await startOwnServer({
    uiPort: 0,
    codecEndpoint: `http://127.0.0.1:${port}/v1/codec`,
  });
  harness = await startHarness({
    temporalAddress: server.address,
    environment: {
      PORT: String(port),
      KEY_1: randomBytes(32).toString('hex'),
      TEMPORAL_UI_URL: server.uiUrl,
    },
    settings: { encryption: { keys: [{ id: 'k1', key: { env: 'KEY_1' } }] } },
  });
  browser = await launchBrowser();
  await harness.send({
    deduplicationKey: 'shown',
    destinations: [OPS],
    content: { text: 'the disk is full' },
  });
  await harness.waitForStatus('shown', 'confirmed');
});
afterAll(async () => {
  await browser.close();
  await harness.close();
  await server.stop();
});

/** The history as JSON, which has every payload. */
async function openHistory(page: Page): Promise<void> {
  const { runId } = await harness.client.workflow.getHandle('shown').describe();
  await page.goto(
    `${server.uiUrl}/namespaces/${harness.namespace}/workflows/shown/${runId}/history`,
    { waitUntil: 'networkidle2' },
  );
}

const shown = (page: Page) => page.evaluate(() => document.body.textContent);

it('shows what was said to a browser that reaches the codec server', async () => {
  const page = await browser.newPage();
  const answers: number[] = [];
  page.on('response', (response) => {
    if (response.url().endsWith('/v1/codec/decode')) answers.push(response.status());
  });
  await openHistory(page);
  await vi.waitFor(
    async () => {
      expect(await shown(page)).toContain('the disk is full');
    },
    { timeout: 20_000, interval: 200 },
  );
  expect(answers).toContain(200);
  await page.close();
});

it('shows nothing of it without the codec server', async () => {
  const page = await browser.newPage();
  await page.setRequestInterception(true);
  page.on('request', (request) => {
    void (request.url().includes('/v1/codec/') ? request.abort() : request.continue());
  });
  await openHistory(page);
  await vi.waitFor(
    async () => {
      expect(await shown(page)).toContain('deliverMessage');
    },
    { timeout: 20_000, interval: 200 },
  );
  expect(await page.content()).not.toContain('disk is full');
  await page.close();
});
