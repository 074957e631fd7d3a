import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { grafana } from '../../../src/sources/grafana/source.js';
import { describeSourceContract } from './contract.js';
import { changed, parsing, requestOf } from './parsed.js';

const TIME = '1795435200';

describeSourceContract({
  type: grafana,
  settings: (secret) => ({
    secret,
    signature: { header: 'X-Own-Signature', timestampHeader: 'X-Own-Time' },
  }),
  authenticate: ({ body, headers }, secret) => ({
    body,
    headers: {
      ...headers,
      'X-Own-Time': TIME,
      'X-Own-Signature': createHmac('sha256', secret).update(`${TIME}:${body}`).digest('hex'),
    },
  }),
  signsBody: true,
  senderWaitsMs: 30_000,
  tests: ['test'],
});

const { keyOf, parse, titles } = parsing(grafana);
const { firing, image } = grafana.samples;
const NOTHING = { headers: {}, body: '{}' };

it('is signed in its own header, without a time, where the contact point has none', async () => {
  process.env.GRAFANA_SECRET = 'of-this-test';
  try {
    const { source } = parsing(grafana, { secret: { env: 'GRAFANA_SECRET' } });
    const { body, headers } = firing ?? NOTHING;
    const signature = createHmac('sha256', 'of-this-test').update(body).digest('hex');
    const signed = { body, headers: { ...headers, 'X-Grafana-Alerting-Signature': signature } };
    expect(await source.verify(requestOf(signed))).toBe('authentic');
    const uppercase = { 'X-Grafana-Alerting-Signature': signature.toUpperCase() };
    expect(await source.verify(requestOf({ body, headers: uppercase }))).toBe('authentic');
    const longer = { 'X-Grafana-Alerting-Signature': `${signature}zz` };
    expect(await source.verify(requestOf({ body, headers: longer }))).not.toBe('authentic');
  } finally {
    delete process.env.GRAFANA_SECRET;
  }
});

it('says what fires', () => {
  const summary = 'The 95th percentile of checkout is above 2 s';
  expect(titles()).toEqual({
    firing: `Firing: Slow checkout – ${summary}`,
    image: `Firing: No orders – ${summary}`,
    resolved: `Resolved: Slow checkout – ${summary}`,
  });
});

it('leads to the rule, the dashboard, the panel, the image and a silence', () => {
  const { text, url } = parse(image ?? NOTHING);
  for (const words of ['Rule', 'Dashboard', 'Panel', 'Image', 'Silence']) {
    expect(text).toContain(`[${words}](<https://grafana.example.com/`);
  }
  expect(text).toContain('A\\=2\\.34568');
  expect(url).toContain('viewPanel=4');
});

it('keeps organisations apart', () => {
  const other = changed(firing, { orgId: 2 });
  expect(keyOf(other)).not.toBe(keyOf(firing ?? NOTHING));
  expect(parse(other).conversation).not.toBe(parse(firing ?? NOTHING).conversation);
});

it('names what is missing in its settings', () => {
  expect(() => grafana.schema.parse({ type: 'grafana', signature: {} })).toThrow(
    'says how requests are signed',
  );
});

it.each([
  ['a text of one’s own', JSON.stringify({ text: 'CPU is high', channel: '#ops' })],
  ['a list', '[{"title": "CPU is high"}]'],
  ['no JSON', 'CPU is high'],
  ['alerts in another place', JSON.stringify({ data: { alerts: [{ status: 'firing' }] } })],
])('says of a custom payload with %s what can be done', (_, body) => {
  const words = 'If the contact point has a custom payload, remove it, or make it a source';
  expect(() => keyOf({ headers: {}, body })).toThrow(words);
  expect(() => parse({ headers: {}, body })).toThrow(words);
});

it('reads a custom payload that keeps the alerts, with what it has', () => {
  const body = JSON.stringify({ alerts: [{ status: 'firing', labels: { alertname: 'CPU' } }] });
  expect(parse({ headers: {}, body })).toMatchObject({ title: 'Firing: CPU', state: 'triggered' });
});
