/** What a source sends, from its request to what people see. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hmac } from '../../src/sources/authentication/hmac.js';
import { pagerduty } from '../../src/sources/pagerduty/source.js';
import { eventually } from '../eventually.js';
import { startHarness, type Harness } from '../harness.js';

const SECRET = 'of-this-test';

interface Found {
  messages: { deduplicationKey: string }[];
}

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    environment: { PD_SECRET: SECRET, PD_TOKEN: 'sandbox-pagerduty-token' },
    sandboxSettings: ({ pagerDutyApiUrl: apiUrl }) => ({
      sources: {
        pagerduty: {
          type: 'pagerduty',
          secret: { env: 'PD_SECRET' },
          pagerduty: { apiUrl, token: { env: 'PD_TOKEN' }, from: 'bot@example.com' },
        },
      },
      routes: [
        {
          name: 'database',
          match: { source: 'pagerduty', 'labels.service': '*database' },
          to: ['slack:default/C0DATABASE'],
        },
        { name: 'rest', to: ['slack:default/C0EVERYTHING'] },
      ],
    }),
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

it('is one conversation, with its note on the incident’s own timeline, which is not posted again', async () => {
  const place = { platform: 'pagerduty', path: 'Q1A2B3C4D5' } as const;
  harness.sandbox.addPlace(place);
  const { annotated, resolved } = pagerduty.samples;
  await send(annotated?.body ?? '');
  await harness.waitForStatus('pagerduty:01EXAMPLENOTE', 'confirmed');
  await send(resolved?.body ?? '');
  await harness.waitForStatus('pagerduty:01EXAMPLERESOLVE', 'confirmed');

  const texts = [...textsIn('C0DATABASE'), ...textsIn('C0EVERYTHING')];
  expect(texts[0]).toContain('Incident 55 resolved');
  expect(texts.join()).toContain('Old logs are being removed');

  const found = async (): Promise<string[]> => {
    const path = '/v1/messages?q=PagerDuty%2055';
    const { body } = await harness.request<Found>('GET', path);
    return body.messages.map(({ deduplicationKey }) => deduplicationKey);
  };
  await eventually(async () =>
    expect(await found()).toEqual([
      'pagerduty:01EXAMPLERESOLVE',
      'pagerduty:01EXAMPLENOTE',
      'pagerduty:01EXAMPLETRIGGER',
    ]),
  );
  const page = await fetch(`${harness.api.url}/conversations/pagerduty%3AQ1A2B3C4D5`);
  expect(await page.text()).toMatch(
    /<h1>pagerduty 55<\/h1>.*01EXAMPLETRIGGER.*01EXAMPLENOTE.*01EXAMPLERESOLVE/s,
  );

  await eventually(() => expect(harness.sandbox.posts(place).length).toBeGreaterThanOrEqual(2));
  const [note] = harness.sandbox.posts(place);
  const payload = JSON.parse(annotated?.body ?? '{}') as { event: { id: string; data: object } };
  payload.event.id = '01OFOURS';
  payload.event.data = { ...payload.event.data, content: note?.text };
  expect((await send(JSON.stringify(payload))).ok).toBe(true);
  expect((await harness.request('GET', '/v1/messages/pagerduty:01OFOURS')).status).toBe(404);
});

it('is shown to people where it is authentic but can’t be used', async () => {
  const answer = await send('{"event": 5}');
  expect(answer.status).toBe(202);
  const { messages } = (await answer.json()) as { messages: { deduplicationKey: string }[] };
  await harness.waitForStatus(messages[0]?.deduplicationKey ?? '', 'confirmed');
  expect(textsIn('C0EVERYTHING')).toContainEqual(expect.stringContaining('no event.id'));
});

it('is refused where it is not authentic', async () => {
  const answer = await fetch(`${harness.api.url}/v1/sources/pagerduty`, {
    method: 'POST',
    body: '{}',
  });
  expect(answer.status).toBe(401);
});
