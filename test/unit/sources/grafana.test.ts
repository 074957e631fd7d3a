import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { eventMessage } from '../../../src/acceptance/eventMessage.js';
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

const { keyOf, parse, source, titles } = parsing(grafana);
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

describe('the alert of a dashboard, before Grafana 11', () => {
  const alerting = {
    dashboardId: 1,
    evalMatches: [{ value: 97, metric: 'Disk', tags: { host: 'db-3' } }],
    imageUrl: 'https://grafana.example.com/image.png',
    message: 'Delete old backups',
    orgId: 1,
    panelId: 2,
    ruleId: 7,
    ruleName: 'Disk full',
    ruleUrl: 'https://grafana.example.com/d/disk',
    state: 'alerting',
    tags: { team: 'storage' },
    title: '[Alerting] Disk full',
  };
  const sample = (changes: object = {}) => ({
    headers: {},
    body: JSON.stringify({ ...alerting, ...changes }),
  });

  it('is shown with what matched, its message and its links', () => {
    const event = parse(sample());
    expect(event).toMatchObject({
      title: 'Firing: Disk full',
      state: 'triggered',
      severity: 'error',
      labels: { team: 'storage', alertname: 'Disk full' },
      url: 'https://grafana.example.com/d/disk',
    });
    const text = event.text.replaceAll('\\', '');
    expect(text).toContain('Disk {host=db-3}: 97');
    expect(text).toContain('Delete old backups');
    expect(text).toContain('[Image](<https://grafana.example.com/image.png>)');
  });

  it.each([
    ['ok', 'Resolved: Disk full', 'resolved'],
    ['no_data', 'No data: Disk full', 'triggered'],
    ['paused', 'paused: Disk full', 'updated'],
  ])('in the state %s', (state, title, expected) => {
    const event = parse(sample({ state, evalMatches: null }));
    expect(event).toMatchObject({ title, state: expected });
    expect(event.conversation).toBe(parse(sample()).conversation);
  });

  it('is an event each time, since nothing in it tells two alerts of a rule apart', () => {
    const identify = (id: string) => source.identify({ ...requestOf(sample()), id });
    expect(identify('a')).not.toEqual(identify('b'));
  });

  it('is a test where the button "Send Test" made it', () => {
    expect(keyOf(sample({ ruleId: 0, ruleName: 'Test notification' }))).toBe('test');
  });
});

it.each(['DatasourceNoData', 'DatasourceError'])('names the rule of an alert %s', (alertname) => {
  const labels = { alertname, rulename: 'Slow checkout', datasource_uid: 'P1' };
  const alert = { status: 'firing', labels, startsAt: '2026-11-23T12:00:00Z' };
  const body = JSON.stringify({ groupKey: '{}', status: 'firing', alerts: [alert] });
  expect(parse({ headers: {}, body }).title).toBe(`Firing: Slow checkout (${alertname})`);
});

it('is in the order of arrival, whenever its alerts began', () => {
  const message = eventMessage({ ...parse(firing ?? NOTHING), source: 'grafana' }, 'k', [], {
    text: 'x',
  });
  expect(message.partOf).toMatchObject({ rank: 0 });
  expect(message.partOf).not.toHaveProperty('at');
});

it('leads to the first address that can be opened', () => {
  const { alerts } = JSON.parse(firing?.body ?? '') as { alerts: object[] };
  const url = (changes: object) =>
    parse(changed(firing, { alerts: [{ ...alerts[0], ...changes }] })).url;
  expect(url({ panelURL: '/d/1' })).toBe('https://grafana.example.com/d/checkout?orgId=1');
  expect(url({ panelURL: '/d/1', dashboardURL: `https://x/${'a'.repeat(2_000)}` })).toContain(
    '/alerting/grafana/checkout-latency/view',
  );
});
