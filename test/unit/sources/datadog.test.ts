import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseDocument } from '../../../src/destinations/document/parseDocument.js';
import { datadog } from '../../../src/sources/datadog/source.js';
import { PAYLOAD } from '../../../src/sources/datadog/payload.js';
import { describeSourceContract } from './contract.js';
import { changed, parsing } from './parsed.js';

describeSourceContract({
  type: datadog,
  settings: (token) => ({ token }),
  authenticate: (sample, secret) => ({ ...sample, token: secret }),
  signsBody: false,
  senderWaitsMs: 15_000,
});

const { keyOf, parse, titles } = parsing(datadog);
const { recovered, triggered } = datadog.samples;
const NOTHING = { headers: {}, body: '{}' };

it('says what happened to which monitor', () => {
  expect(titles()).toEqual({
    triggered: 'Triggered: Disk is nearly full on host:db-3',
    renotified: 'Renotify: Disk is nearly full on host:db-3',
    'no-data': 'No Data: Disk is nearly full on host:db-3',
    recovered: 'Recovered: Disk is nearly full on host:db-3',
  });
});

it.each([
  ['Triggered', 'triggered', 'critical', undefined],
  ['Re-Triggered', 'updated', 'critical', true],
  ['Warn', 'triggered', 'warning', undefined],
  ['Re-Warn', 'updated', 'warning', true],
  ['No Data', 'triggered', 'warning', undefined],
  ['Re-No Data', 'updated', 'warning', true],
  ['Renotify', 'updated', 'critical', true],
  ['Recovered', 'resolved', 'ok', undefined],
  ['Something new', 'other', 'error', undefined],
])('%s is the state %s', (alert_transition, state, severity, isReminder) => {
  const sample = changed(triggered, { alert_transition });
  expect(parse(sample)).toMatchObject({ state, severity });
  expect(parse(sample).isReminder).toBe(isReminder);
});

it('takes tags as labels, and times in milliseconds', () => {
  expect(parse(triggered ?? NOTHING)).toMatchObject({
    labels: { env: 'production', service: 'orders', team: 'storage', monitor: 'true' },
    occurredAt: '2026-11-23T12:00:00.000Z',
    conversation: '1234567890123456789',
    reference: '4711',
  });
  expect(parse(recovered ?? NOTHING).conversation).toBe('1234567890123456789');
});

it('ignores variables that Datadog had no value for', () => {
  const sample = changed(triggered, { ...PAYLOAD, id: '5', alert_title: 'Disk' });
  expect(parse(sample)).toMatchObject({ title: 'Disk', labels: {} });
  expect(parse(sample).text).not.toContain('$');
});

it('takes the payload that Datadog sends by default', () => {
  const body = {
    id: '77',
    title: '[Triggered on {host:db-3}] Disk',
    body: 'Look at it.',
    event_type: 'query_alert_monitor',
    last_updated: '1795435200000',
    date: '1795435200000',
    org: { id: '1', name: 'Example' },
  };
  expect(parse({ headers: {}, body: JSON.stringify(body) })).toMatchObject({
    key: '77/Triggered',
    state: 'triggered',
    title: '[Triggered on {host:db-3}] Disk',
    labels: { org: 'Example' },
  });
});

it('takes the form that a webhook can be set to', () => {
  const fields = JSON.parse(triggered?.body ?? '') as Record<string, string>;
  const form = {
    headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: new URLSearchParams(fields).toString(),
  };
  expect(keyOf(form)).toBe(keyOf(triggered ?? NOTHING));
});

it('has the payload in its documentation that it reads', () => {
  const documentation = readFileSync('docs/how-to/connect/sources.md', 'utf8');
  const [, payload = '{}'] = /```json\n(\{\s+"id": "\$ID"[^}]*\})/.exec(documentation) ?? [];
  expect(JSON.parse(payload)).toEqual(PAYLOAD);
});

it('shows the Markdown of $EVENT_MSG, and other text as it is', () => {
  const textOf = (text: string) => parse(changed(triggered, { text })).text;
  expect(
    textOf('%%%\n@webhook-ops **Disk** is full\n\n[Runbook](https://example.com/r)\n%%%'),
  ).toMatch(/^@webhook-ops \*\*Disk\*\* is full\n\n\[Runbook\]\(https:\/\/example\.com\/r\)\n\n/);
  expect(textOf('100 %%% of **x**')).toContain('100 \\%\\%\\% of \\*\\*x');
});

it('ends code of $EVENT_MSG that has no end', () => {
  const { text } = parse(changed(triggered, { text: '%%%\n```\nps aux\n%%%' }));
  const [code, ...below] = parseDocument(text);
  expect(code).toMatchObject({ kind: 'code', text: 'ps aux' });
  expect(below.map(({ kind }) => kind)).not.toContain('code');
  expect(below).not.toEqual([]);
});
