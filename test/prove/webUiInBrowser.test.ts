/** Temporal's own Web UI, as a person uses it on a dead letter. */
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { REMEDIES } from '../../src/domain/remedies.js';
import type { DevServer } from '../../src/embedded/devServer.js';
import { OPS, startHarness, type Harness } from '../harness.js';
import { startOwnServer } from '../ownServer.js';
import { launchBrowser, takePicture } from './browser.js';

let server: DevServer;
let harness: Harness;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  server = await startOwnServer({ uiPort: 0 });
  harness = await startHarness({ temporalAddress: server.address });
  browser = await launchBrowser();
  page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 900 });
});
afterAll(async () => {
  await browser.close();
  await harness.close();
  await server.stop();
});

async function park(key: string): Promise<void> {
  harness.sandbox.addFault({
    ...{ kind: 'slack_error', error: 'not_in_channel', platform: 'slack' },
    times: 1,
  });
  await harness.send({
    deduplicationKey: key,
    destinations: [OPS],
    content: { text: 'Disk full' },
    correlation: { source: 'pagerduty', reference: '55' },
  });
  await harness.waitForStatus(key, 'dead_lettered');
}

async function open(key: string): Promise<void> {
  const { runId } = await harness.client.workflow.getHandle(key).describe();
  await page.goto(
    `${server.uiUrl}/namespaces/${harness.namespace}/workflows/${key}/${runId}/history`,
    // Its own long poll aside: what comes late draws the dialog anew.
    { waitUntil: 'networkidle2' },
  );
}

/** Through the menu and the dialog, whose list offers the signals that the workflow takes. */
async function sendSignal(name: string, input?: string): Promise<void> {
  await page.locator('::-p-aria(More Actions)').click();
  await page.locator('::-p-aria(Send a Signal)').click();
  // It is on the page twice.
  const dialog = 'dialog[open][data-testid="signal-confirmation-modal"]';
  await page.locator(`${dialog} [data-testid="signal-select-button"]`).click();
  await page.locator(`${dialog} [role="option"]::-p-text(${name})`).click();
  // Until it has faded away, the list covers the editor.
  await page.waitForSelector(`${dialog} [role="listbox"]`, { hidden: true });
  if (input !== undefined) {
    await page.locator(`${dialog} [contenteditable="true"]`).click();
    // Not key by key: the editor closes brackets by itself.
    await page.keyboard.sendCharacter(input);
    // The editor formats what it is left with, and what is below it moves.
    await page.locator(`${dialog} h5`).click();
  }
  await takePicture(page, `web-ui-${name}`);
  await page.locator(`${dialog} [data-testid="confirm-modal-button"]:not([disabled])`).click();
  await page.waitForSelector(dialog, { hidden: true });
}

it('shows why a message waits and what fixes it, and retries it', async () => {
  await park('retried');
  await open('retried');
  await page.locator('::-p-aria(User Metadata)').click();
  await vi.waitFor(
    async () => {
      // What is in Markdown has frames of its own.
      const texts = page.frames().map((frame) => frame.evaluate(() => document.body.textContent));
      const shown = (await Promise.all(texts)).join('\n');
      expect(shown).toContain('slack:default/C0123ABC ← pagerduty 55');
      expect(shown).toContain('sendproof timeline retried');
      expect(shown).toContain('needs a decision');
      expect(shown).toContain(REMEDIES.not_authorised);
    },
    { timeout: 20_000 },
  );
  await takePicture(page, 'web-ui-details');

  await open('retried');
  await sendSignal('retry', '{"by":"ana","reason":"invited the app"}');
  const { operatorActions } = await harness.waitForStatus('retried', 'confirmed');
  expect(operatorActions).toMatchObject([
    { action: 'retry', by: 'ana', reason: 'invited the app' },
  ]);
  expect(harness.sandbox.posts()).toHaveLength(1);
});

it('discards one', async () => {
  await park('discarded');
  await open('discarded');
  await sendSignal('discard', '{"by":"ana","reason":"old news"}');
  const { failure } = await harness.waitForStatus('discarded', 'discarded');
  expect(failure).toMatch(/ana.*old news/);
});

it('asks for nothing where nobody wants to say who and why', async () => {
  await park('unsigned');
  await open('unsigned');
  await sendSignal('retry');
  await harness.waitForStatus('unsigned', 'confirmed');
});
