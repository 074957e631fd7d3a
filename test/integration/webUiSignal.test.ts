/** The Web UI's signal button: the request that it makes, to the UI's own server. */
import { pino } from 'pino';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startDevServer, type DevServer } from '../../src/temporal/devServer.js';
import { OPS, startHarness, type Harness } from '../harness.js';

let server: DevServer;
let harness: Harness;
beforeAll(async () => {
  server = await startDevServer({
    cliPath: inject('temporalCliPath'),
    port: 0,
    uiPort: 0,
    namespace: 'default',
    log: pino({ level: 'silent' }),
  });
  harness = await startHarness({ temporalAddress: server.address });
});
afterAll(async () => {
  await harness.close();
  await server.stop();
});

async function park(key: string): Promise<void> {
  harness.sandbox.addFault({
    ...{ kind: 'slack_error', error: 'not_in_channel', platform: 'slack' },
    times: 1,
  });
  await harness.send({ deduplicationKey: key, destinations: [OPS], content: { text: key } });
  await harness.waitForStatus(key, 'dead_lettered');
}

/** As the UI's dialog sends it, with the input that was typed or none. */
async function pressSignal(key: string, signalName: string, input?: string): Promise<void> {
  const base = server.uiUrl ?? '';
  // The page's cookie is the proof that the request comes from the page.
  const page = await fetch(`${base}/api/v1/settings`);
  const cookies = page.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '');
  const token = cookies.find((cookie) => cookie.startsWith('_csrf='))?.slice('_csrf='.length);
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const payloads =
    input === undefined
      ? []
      : [{ metadata: { encoding: base64('json/plain') }, data: base64(input) }];
  const path = `/api/v1/namespaces/${harness.namespace}/workflows/${key}/signal/${signalName}`;
  const response = await fetch(base + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'caller-type': 'operator',
      ...(token !== undefined && { 'x-csrf-token': token, cookie: cookies.join('; ') }),
    },
    body: JSON.stringify({
      signalName,
      workflowExecution: { workflowId: key },
      input: { payloads },
    }),
  });
  expect(await response.text()).toBe('{}');
}

it('retries a dead letter, with or without who and why', async () => {
  await park('pressed');
  await pressSignal('pressed', 'retry');
  await harness.waitForStatus('pressed', 'confirmed');

  await park('typed');
  await pressSignal('typed', 'retry', '{"by":"ana","reason":"invited the app"}');
  const { operatorActions } = await harness.waitForStatus('typed', 'confirmed');
  expect(operatorActions).toMatchObject([
    { action: 'retry', by: 'ana', reason: 'invited the app' },
  ]);
  expect(harness.sandbox.posts()).toHaveLength(2);
});

it('discards one, with who and why', async () => {
  await park('given-up');
  await pressSignal('given-up', 'discard', '{"by":"ana","reason":"old news"}');
  const { failure } = await harness.waitForStatus('given-up', 'discarded');
  expect(failure).toMatch(/ana.*old news/);
});
