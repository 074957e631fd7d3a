/** What a source sends, from its request to what people see. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hmac } from '../../src/sources/authentication/hmac.js';
import { pagerduty } from '../../src/sources/pagerduty/source.js';
import { startHarness, type Harness } from '../harness.js';

const SECRET = 'of-this-test';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    environment: { PD_SECRET: SECRET },
    settings: {
      sources: { pagerduty: { type: 'pagerduty', secret: { env: 'PD_SECRET' } } },
      routes: [
        {
          name: 'database',
          match: { source: 'pagerduty', 'labels.service': '*database' },
          to: ['slack:default/C0DATABASE'],
        },
        { name: 'rest', to: ['slack:default/C0EVERYTHING'] },
      ],
    },
  });
});
afterAll(() => harness.close());

/** Sends these bytes as PagerDuty would. */
async function send(body: string): Promise<Response> {
  return await fetch(`${harness.api.url}/v1/sources/pagerduty`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-pagerduty-signature': `v1=${hmac(body, SECRET).toString('hex')}`,
    },
    body,
  });
}

const textsIn = (path: string): string[] =>
  harness.sandbox.posts({ platform: 'slack', path }).map(({ content }) => JSON.stringify(content));

it('is posted once, by the first route that takes it', async () => {
  const { body } = pagerduty.samples.triggered ?? { body: '' };
  expect((await send(body)).status).toBe(202);
  expect((await send(body)).status).toBe(202);
  const key = 'pagerduty:01EXAMPLETRIGGER';
  const { reference, source } = await harness.waitForStatus(key, 'confirmed');
  expect([source, reference]).toEqual(['pagerduty', '55']);
  expect(textsIn('C0DATABASE')).toEqual([
    expect.stringContaining('Incident 55 triggered: Disk full on db-3'),
  ]);
});

it('is shown to people where it is authentic but can’t be used', async () => {
  const answer = await send('{"event": 5}');
  expect(answer.status).toBe(202);
  const { messages } = (await answer.json()) as { messages: { deduplicationKey: string }[] };
  await harness.waitForStatus(messages[0]?.deduplicationKey ?? '', 'confirmed');
  expect(textsIn('C0EVERYTHING')).toEqual([expect.stringContaining('no event.id')]);
});

it('is refused where it is not authentic', async () => {
  const answer = await fetch(`${harness.api.url}/v1/sources/pagerduty`, {
    method: 'POST',
    body: '{}',
  });
  expect(answer.status).toBe(401);
});
