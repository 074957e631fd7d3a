/** Waits of up to a minute, each to its end: in both forms of the product, over HTTP and on the command line. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FaultInput } from '../../../src/sandbox/sandbox.js';
import { environmentOf, ProductProcess } from '../../faults/productProcess.js';
import { startHarness, type Harness, type MessageState } from '../../harness.js';
import { runSendproof } from '../../sendproofCommand.js';
import { StartDirectory } from '../../startedProduct.js';

/** For a busy machine. A poll of Temporal's alone takes 20 s, which must not be what a wait ends with. */
const LATE_BY_MS = 5_000;

/** When the fault of the late messages ends: after a wait of 20 or 30 s, and before the end of one of 60 s. */
const DELIVERABLE_AFTER_MS = 40_000;

const RETRY = { initialDelay: '100ms', maximumDelay: '1s', attempts: 1_000 };

let harness: Harness;
let started: StartDirectory;
/** Where each form of the product listens. */
const forms: Record<'npm start' | 'npm run api', { api: string; sandbox: string }> = {
  'npm start': { api: '', sandbox: '' },
  'npm run api': { api: '', sandbox: '' },
};

beforeAll(async () => {
  harness = await startHarness({ retry: RETRY });
  const api = new ProductProcess('api', environmentOf(harness));
  harness.closeWith(() => api.kill('SIGKILL'));
  const { url } = (await api.logged('The API listens')) as unknown as { url: string };
  forms['npm run api'] = { api: url, sandbox: harness.sandbox.url };

  started = await StartDirectory.create(JSON.stringify({ retry: { default: RETRY } }));
  const product = await started.start();
  forms['npm start'] = { api: product.address('API'), sandbox: product.address('Sandbox') };
}, 120_000);
afterAll(async () => {
  await started.remove();
  await harness.close();
});

async function postJson(url: string, body: unknown): Promise<Response> {
  return await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** A message to a channel where nothing can be posted until the fault, whose URL it resolves with, is deleted. */
async function sendUndeliverable(
  { api, sandbox }: { api: string; sandbox: string },
  key: string,
): Promise<string> {
  const path = `CWAIT${key.toUpperCase()}`;
  const place = await postJson(`${sandbox}/control/channels`, { platform: 'slack', path });
  expect(place.ok).toBe(true);
  const fault: FaultInput = {
    ...{ kind: 'http_error', status: 503, platform: 'slack' },
    ...{ path, operation: 'chat.postMessage' },
  };
  const { id } = (await (await postJson(`${sandbox}/control/faults`, fault)).json()) as {
    id: string;
  };
  const answer = await postJson(`${api}/v1/messages`, {
    deduplicationKey: key,
    destinations: [`slack:default/${path}`],
    content: { text: key },
  });
  expect(answer.status).toBe(202);
  return `${sandbox}/control/faults/${id}`;
}

/** How a wait ended, and after how many milliseconds. */
async function timed<Outcome>(waiting: Promise<Outcome>): Promise<[Outcome, number]> {
  const from = performance.now();
  return [await waiting, performance.now() - from];
}

async function overHttp(api: string, key: string, wait: string) {
  const answer = await fetch(`${api}/v1/messages/${key}?wait=${wait}`);
  const { status } = (await answer.json()) as MessageState;
  return { code: answer.status, status };
}

async function onCommandLine(api: string, key: string, timeout: string) {
  const args = ['status', key, '--wait', '--timeout', timeout, '--json', '--api-url', api];
  const { exitCode, stdout } = await runSendproof(args);
  return { code: exitCode, status: (JSON.parse(stdout) as MessageState).status };
}

describe.concurrent.each(['npm start', 'npm run api'] as const)('a wait under %s', (form) => {
  const ways = [
    { way: 'GET ?wait=', wait: overHttp, undecided: 200, confirmed: 200 },
    { way: '--wait', wait: onCommandLine, undecided: 5, confirmed: 0 },
  ];

  it('of 20, 30 and 60 s ends then, with the state, while the message is still being delivered', async () => {
    await sendUndeliverable(forms[form], 'never');
    await Promise.all(
      ways.flatMap(({ wait, undecided }) =>
        [20, 30, 60].map(async (seconds) => {
          const waiting = wait(forms[form].api, 'never', `${seconds}s`);
          const [outcome, tookMs] = await timed(waiting);
          expect(outcome).toEqual({ code: undecided, status: 'delivering' });
          expect(tookMs).toBeGreaterThan(seconds * 1_000 - 200);
          expect(tookMs).toBeLessThan(seconds * 1_000 + LATE_BY_MS);
        }),
      ),
    );
  }, 120_000);

  it('of 60 s ends with the delivery that comes in its last third', async () => {
    const fault = await sendUndeliverable(forms[form], 'late');
    const waiting = ways.map(async ({ wait, confirmed }) => {
      const [outcome, tookMs] = await timed(wait(forms[form].api, 'late', '60s'));
      expect(outcome).toEqual({ code: confirmed, status: 'confirmed' });
      expect(tookMs).toBeGreaterThan(DELIVERABLE_AFTER_MS - 1_000);
      expect(tookMs).toBeLessThan(DELIVERABLE_AFTER_MS + LATE_BY_MS + 5_000);
    });
    await new Promise((resolve) => setTimeout(resolve, DELIVERABLE_AFTER_MS));
    expect((await fetch(fault, { method: 'DELETE' })).ok).toBe(true);
    await Promise.all(waiting);
  }, 120_000);
});
