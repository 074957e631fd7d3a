import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { pagerduty } from '../../../src/sources/pagerduty/source.js';
import { describeSourceContract } from './contract.js';
import { parsing } from './parsed.js';

describeSourceContract({
  type: pagerduty,
  settings: (secret) => ({ secret }),
  authenticate: ({ body, headers }, secret) => ({
    body,
    headers: {
      ...headers,
      'X-PagerDuty-Signature': `v1=${createHmac('sha256', secret).update(body).digest('hex')}`,
    },
  }),
  signsBody: true,
  senderWaitsMs: 5_000,
  tests: ['test'],
  redelivered: ({ body, headers }) => ({
    body,
    headers: { ...headers, 'X-Webhook-Id': crypto.randomUUID() },
  }),
});

const { parse, titles } = parsing(pagerduty, { secret: { env: 'UNUSED' } });

it('says what happened to which incident', () => {
  expect(titles()).toEqual({
    triggered: 'Incident 55 triggered: Disk full on db-3',
    acknowledged: 'Incident 55 acknowledged: Disk full on db-3',
    annotated: 'Incident has a new note: Disk full on db-3',
    'responder-replied': 'Incident has a reply of a responder: Disk full on db-3',
    'service-updated': 'Service updated: Orders database',
    resolved: 'Incident 55 resolved: Disk full on db-3',
  });
});

it('knows the incident of notes and responders, which don’t have its number', () => {
  for (const name of ['annotated', 'responder-replied']) {
    const sample = pagerduty.samples[name] ?? { headers: {}, body: '' };
    expect(parse(sample)).toMatchObject({ conversation: 'Q1A2B3C4D5', state: 'updated' });
    expect(parse(sample).reference).toBeUndefined();
  }
});

it('leaves out of notes and responders what a route by service would need', () => {
  for (const name of ['annotated', 'responder-replied']) {
    const { labels } = parse(pagerduty.samples[name] ?? { headers: {}, body: '' });
    expect(Object.keys(labels)).toEqual(['event_type']);
  }
});

it('shows types that PagerDuty may add', () => {
  const body = JSON.stringify({
    event: { id: 'E1', event_type: 'incident.something_new.added', data: { type: 'incident' } },
  });
  expect(parse({ headers: {}, body }).title).toBe('Incident something new added');
});
