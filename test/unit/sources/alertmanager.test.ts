import { describe, expect, it } from 'vitest';
import { eventMessage } from '../../../src/acceptance/eventMessage.js';
import { alertmanager } from '../../../src/sources/alertmanager/source.js';
import { describeSourceContract } from './contract.js';
import { changed, parsing } from './parsed.js';
import { expectProcessorMsBelow } from '../../processorTime.js';

describeSourceContract({
  type: alertmanager,
  settings: (password) => ({ basic: { username: 'alertmanager', password } }),
  authenticate: ({ body, headers }, secret) => ({
    body,
    headers: {
      ...headers,
      Authorization: `Basic ${Buffer.from(`alertmanager:${secret}`).toString('base64')}`,
    },
  }),
  signsBody: false,
  senderWaitsMs: 10_000,
  redelivered: (sample) => changed(sample, { externalURL: 'http://another-peer:9093' }),
});

const { keyOf, parse, titles } = parsing(alertmanager);
const { firing, grouped, resolved } = alertmanager.samples;

interface Payload {
  alerts: Record<string, unknown>[];
  [name: string]: unknown;
}

/** The grouped sample with a change to each alert. */
function withAlerts(change: (alert: Record<string, unknown>, index: number) => object) {
  const { alerts } = JSON.parse(grouped?.body ?? '') as Payload;
  return changed(grouped, { alerts: alerts.map(change) });
}

describe('the identity of a notification', () => {
  const key = keyOf(grouped ?? { headers: {}, body: '' });

  it.each([
    ['the peer’s address', changed(grouped, { externalURL: 'http://peer-2:9093' })],
    ['the rule’s address', withAlerts((alert) => ({ ...alert, generatorURL: 'http://other' }))],
    ['annotations', withAlerts((alert) => ({ ...alert, annotations: { summary: '98 %' } }))],
    ['the order of alerts', changed(grouped, { alerts: [...alertsOf()].reverse() })],
    [
      'the time zone of times',
      withAlerts((alert) => ({ ...alert, startsAt: '2026-11-23T13:00:00+01:00' })),
    ],
    ['the reason of a repetition', changed(grouped, { notification_reason: 'repeat interval' })],
  ])('is not changed by %s', (_, sample) => {
    expect(keyOf(sample)).toBe(key);
  });

  it.each([
    ['the group', changed(grouped, { groupKey: '{}:{alertname="Other"}' })],
    ['the status', changed(grouped, { status: 'resolved' })],
    ['one alert more', changed(grouped, { alerts: [...alertsOf(), { fingerprint: 'new' }] })],
    ['one alert less', changed(grouped, { alerts: alertsOf().slice(1) })],
    ['more alerts that are left out', changed(grouped, { truncatedAlerts: 1 })],
    [
      'an alert that is resolved',
      withAlerts((alert, index) => ({ ...alert, ...(index === 0 && { status: 'resolved' }) })),
    ],
    [
      'an alert that fires again',
      withAlerts((alert, index) => ({ ...alert, ...(index === 0 && { startsAt: '2026-11-24' }) })),
    ],
  ])('is changed by %s', (_, sample) => {
    expect(keyOf(sample)).not.toBe(key);
  });

  function alertsOf(): Record<string, unknown>[] {
    return (JSON.parse(grouped?.body ?? '') as Payload).alerts;
  }
});

it('says in the title what fires, how often, and what about it', () => {
  expect(titles()).toEqual({
    firing: 'Firing: DiskFull – 97 % of /var is used on db-3',
    grouped: 'Firing: DiskFull (42 alerts)',
    'partly-resolved': 'Firing: DiskFull (1 firing, 1 resolved)',
    resolved: 'Resolved: DiskFull – 60 % of /var is used on db-3',
  });
});

it('shows ten alerts of a group, and how many more there are, with those that were left out', () => {
  const { text } = parse(changed(grouped, { truncatedAlerts: 100 }));
  expect(text.match(/^- \*\*firing\*\*/gm)).toHaveLength(10);
  expect(text).toContain('- and 132 more');
});

it('has what routes match and conversations need', () => {
  expect(parse(firing ?? { headers: {}, body: '' })).toMatchObject({
    state: 'triggered',
    severity: 'critical',
    reference: 'DiskFull',
    conversation: '{}:{alertname="DiskFull"}',
    occurredAt: '2026-11-23T12:00:00.000Z',
    url: 'https://alertmanager.example.com/#/alerts?receiver=sendproof',
    labels: { team: 'storage', instance: 'db-3', receiver: 'sendproof', status: 'firing' },
  });
  expect(parse(resolved ?? { headers: {}, body: '' })).toMatchObject({
    state: 'resolved',
    severity: 'ok',
    occurredAt: '2026-11-23T12:30:00.000Z',
  });
});

it('names a repetition that Alertmanager names', () => {
  const again = changed(firing, { notification_reason: 'repeat interval elapsed' });
  expect(parse(again).isReminder).toBe(true);
  expect(parse(firing ?? { headers: {}, body: '' }).isReminder).toBeUndefined();
});

it('makes an event of 10,000 alerts in less than a second', () => {
  const [alert] = (JSON.parse(grouped?.body ?? '') as Payload).alerts;
  const alerts = Array.from({ length: 10_000 }, (_, index) => ({ ...alert, fingerprint: index }));
  const sample = changed(grouped, { alerts });
  expectProcessorMsBelow(1_000, () => expect(parse(sample).title).toContain('(10000 alerts)'));
});

it('keeps groups apart whose long keys begin alike', () => {
  const conversations = ['a', 'b'].map(
    (end) => parse(changed(firing, { groupKey: `{}:{${'x'.repeat(5_000)}${end}}` })).conversation,
  );
  expect(new Set(conversations).size).toBe(2);
  for (const each of conversations) expect(each?.length).toBeLessThan(1_000);
});

it('says of a group with resolved and left-out alerts only what is known', () => {
  const { alerts } = JSON.parse(grouped?.body ?? '') as Payload;
  const [first, second, third] = alerts;
  const sample = changed(grouped, {
    alerts: [first, { ...second, status: 'resolved' }, { ...third, status: 'resolved' }],
    truncatedAlerts: 7,
  });
  expect(parse(sample).title).toBe('Firing: DiskFull (1 firing, 2 resolved, 7 more)');
});

describe('the place of a notification in its conversation', () => {
  const alertOf = (
    host: string,
    status: string,
    startsAt: string,
    endsAt = '0001-01-01T00:00:00Z',
  ) => ({
    ...{ status, startsAt, endsAt, fingerprint: host },
    labels: { alertname: 'DiskFull', host },
  });
  const [A_BEGAN, B_BEGAN, B_ENDED] = ['08', '09', '10'].map((hour) => `2026-11-23T${hour}:00:00Z`);
  const notified = [
    alertOf('b', 'firing', B_BEGAN ?? ''),
    alertOf('b', 'resolved', B_BEGAN ?? '', B_ENDED),
    // A silence of it has ended.
    alertOf('a', 'firing', A_BEGAN ?? ''),
  ].map((alert) => parse(changed(firing, { status: alert.status, alerts: [alert] })));

  it('is that of its arrival, also where its alerts began before those of the one before', () => {
    const places = notified.map((event) => {
      const message = eventMessage({ ...event, source: 'prometheus' }, event.key, [], {
        text: 'x',
      });
      return message.partOf;
    });
    expect(new Set(places.map((place) => place?.key)).size).toBe(1);
    for (const place of places) expect(place).not.toHaveProperty('at');
  });

  it('leaves templates the time of the last change', () => {
    expect(notified.map(({ occurredAt }) => occurredAt)).toEqual([
      '2026-11-23T09:00:00.000Z',
      '2026-11-23T10:00:00.000Z',
      '2026-11-23T08:00:00.000Z',
    ]);
  });
});

describe('the line of an alert', () => {
  const DESCRIPTIONS = ['Pod api-1 restarted 5 times.', 'Pod api-2 restarted 7 times.'];
  const lines = (annotationsOf: (index: number) => Record<string, string>): string[] => {
    const alerts = [0, 1].map((index) => ({
      ...{ status: 'firing', startsAt: '2026-11-23T12:00:00Z', fingerprint: String(index) },
      labels: { alertname: 'PodCrashLooping', pod: `api-${index + 1}` },
      annotations: annotationsOf(index),
    }));
    const sample = changed(firing, {
      alerts,
      commonLabels: undefined,
      commonAnnotations: undefined,
    });
    const { text } = parse(sample);
    return text
      .replaceAll('\\', '')
      .split('\n')
      .filter((line) => line.startsWith('- '));
  };
  const summary = 'Pod is crash looping.';

  it.each<[string, (index: number) => Record<string, string>]>([
    ['a description', (index) => ({ summary, description: DESCRIPTIONS[index] ?? '' })],
    ['a summary', (index) => ({ summary: DESCRIPTIONS[index] ?? '', description: 'The same.' })],
    ['a message', (index) => ({ summary, message: DESCRIPTIONS[index] ?? '' })],
    [
      'a message, and no summary and description of its own',
      (index) => ({ summary, description: 'The same.', message: DESCRIPTIONS[index] ?? '' }),
    ],
  ])('says what the others don’t: %s', (_what, annotationsOf) => {
    expect(lines(annotationsOf)).toEqual([
      expect.stringContaining(`pod=api-1: ${DESCRIPTIONS[0]}`),
      expect.stringContaining(`pod=api-2: ${DESCRIPTIONS[1]}`),
    ]);
  });

  it('doesn’t repeat what is said above of all of them', () => {
    expect(lines(() => ({ summary })).join('\n')).not.toContain(summary);
  });

  it('leads to its own runbook', () => {
    const runbook = (index: number) => `https://runbooks.example.com/${index}`;
    const own = lines((index) => ({ summary, runbook_url: runbook(index) }));
    expect(own.map((line, index) => line.includes(`[Runbook](<${runbook(index)}>)`))).toEqual([
      true,
      true,
    ]);
    const shared = lines(() => ({ summary, runbook_url: runbook(0) }));
    expect(shared.join('\n')).not.toContain('Runbook');
  });
});

describe('the long address of a rule', () => {
  const generatorURL = `http://prometheus:9090/graph?g0.expr=${'a'.repeat(5_000)}`;
  const link = String.raw`\[1\] [Graph](<${generatorURL}>)`;

  it('is a link below everything else', () => {
    const [alert] = (JSON.parse(firing?.body ?? '') as Payload).alerts;
    const { text } = parse(changed(firing, { alerts: [{ ...alert, generatorURL }] }));
    expect(text).toContain(String.raw`Graph \[1\] · `);
    expect(text.endsWith(`\n\n${link}`)).toBe(true);
  });

  it('is there once for all alerts of the rule, so that it takes no alert’s space', () => {
    const { text } = parse(withAlerts((alert) => ({ ...alert, generatorURL })));
    expect(text.split(generatorURL)).toHaveLength(2);
    expect(text.slice(0, -link.length)).toContain('- and 32 more');
  });
});
