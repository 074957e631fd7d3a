import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { eventMessage } from '../../../src/acceptance/eventMessage.js';
import { sentry } from '../../../src/sources/sentry/source.js';
import type { Sample } from '../../../src/sources/source.js';
import { describeSourceContract } from './contract.js';
import { changed, parsing } from './parsed.js';

describeSourceContract({
  type: sentry,
  settings: (secret) => ({ secret }),
  authenticate: ({ body, headers }, secret) => ({
    body,
    headers: {
      ...headers,
      'Sentry-Hook-Signature': createHmac('sha256', secret).update(body).digest('hex'),
    },
  }),
  signsBody: true,
  senderWaitsMs: 1_000,
  tests: ['test'],
  redelivered: ({ body, headers }) => ({
    body,
    headers: {
      ...headers,
      'Request-ID': crypto.randomUUID(),
      'Sentry-Hook-Timestamp': '1795435260',
    },
  }),
});

const { keyOf, parse, titles } = parsing(sentry, { secret: { env: 'UNUSED' } });
const NOTHING: Sample = { headers: {}, body: '{}' };
const {
  alert = NOTHING,
  created = NOTHING,
  resolved = NOTHING,
  comment = NOTHING,
} = sentry.samples;

it('says what happened', () => {
  expect(titles()).toEqual({
    created: 'SHOP-55 created: TypeError: the price is not a number',
    alert: 'Errors in checkout: TypeError: the price is not a number',
    error: 'TypeError: the price is not a number',
    'metric-critical': 'Critical: Too many errors',
    'metric-resolved': 'Resolved: Too many errors',
    comment: 'Comment created in shop',
    resolved: 'SHOP-55 resolved: TypeError: the price is not a number',
  });
});

it('is one conversation for an issue, its alerts and its comments', () => {
  const conversations = [created, alert, comment, resolved].map((each) => parse(each).conversation);
  expect(new Set(conversations)).toEqual(new Set(['issue/5500000055']));
});

it('shows the line of one’s own code, not of a library', () => {
  expect(parse(alert).text).toContain('src\\/checkout\\.js\\:42 in total');
});

it('knows the resource without its header', () => {
  for (const sample of Object.values(sentry.samples)) {
    const headers = Object.entries(sample.headers).filter(
      ([name]) => name !== 'Sentry-Hook-Resource',
    );
    expect(keyOf({ ...sample, headers: Object.fromEntries(headers) })).toBe(keyOf(sample));
  }
});

it('tells an issue that is resolved again from one that is sent again', () => {
  const { data } = JSON.parse(resolved.body) as { data: { issue: object } };
  const again = changed(resolved, { data: { issue: { ...data.issue, count: '4' } } });
  expect(keyOf(again)).not.toBe(keyOf(resolved));
});

it('tells the rules apart that one event triggers', () => {
  const { data } = JSON.parse(alert.body) as { data: object };
  const other = changed(alert, { data: { ...data, triggered_rule: 'Another' } });
  expect(keyOf(other)).not.toBe(keyOf(alert));
});

it('shows what Sentry may add', () => {
  const sample = {
    headers: { 'Sentry-Hook-Resource': 'seer' },
    body: '{"action":"root_cause","data":{"group_id":2,"cause":{"title":"A full disk"}}}',
  };
  expect(parse(sample)).toMatchObject({ title: 'Sentry: seer root_cause', state: 'other' });
  expect(parse(sample).text.replaceAll('\\', '')).toBe(
    '**group_id:** 2\n**cause.title:** A full disk',
  );
});

it('says that an integration was uninstalled', () => {
  const sample = changed(sentry.samples.test, { action: 'deleted' });
  expect(parse(sample).title).toBe('The Sentry integration was deleted');
});

it('tells an issue that is resolved again from one that is sent again, where nothing else has changed', () => {
  const later = (seconds: number) => ({
    body: resolved.body,
    headers: { ...resolved.headers, 'Sentry-Hook-Timestamp': String(1_795_435_200 + seconds) },
  });
  expect(keyOf(later(15 * 60))).toBe(keyOf(resolved));
  expect(keyOf(later(2 * 3_600))).not.toBe(keyOf(resolved));
});

describe('a comment', () => {
  const { data } = JSON.parse(comment.body) as { data: object };
  const edited = (text: string) =>
    changed(comment, { action: 'updated', data: { ...data, comment: text } });

  it('is edited as often as its text changes', () => {
    const keys = ['One.', 'Two.', 'Three.'].map((text) => keyOf(edited(text)));
    expect(new Set(keys).size).toBe(3);
    expect(keyOf(edited('One.'))).toBe(keys[0]);
  });

  it.each(['created', 'deleted'])('is %s once', (action) => {
    const key = `comment/${action}/12/2026-11-23T12:10:00.000000Z`;
    expect(keyOf(changed(comment, { action }))).toBe(key);
    expect(keyOf(changed(comment, { action, data: { ...data, comment: 'x' } }))).toBe(key);
  });
});

describe('the time of an event', () => {
  it.each([
    ['created', '2026-11-23T12:00:00.000Z'],
    ['unresolved', undefined],
    ['resolved', undefined],
    ['assigned', undefined],
  ])('of an issue that is %s', (action, occurredAt) => {
    expect(parse(changed(created, { action })).occurredAt).toBe(occurredAt);
  });

  it.each([
    ['created', '2026-11-23T12:10:00.000Z'],
    ['updated', undefined],
    ['deleted', undefined],
  ])('of a comment that is %s', (action, occurredAt) => {
    expect(parse(changed(comment, { action })).occurredAt).toBe(occurredAt);
  });

  it('is not its place in the conversation', () => {
    for (const sample of Object.values(sentry.samples)) {
      const message = eventMessage({ ...parse(sample), source: 'sentry' }, 'k', [], { text: 'x' });
      expect(message.partOf ?? {}).not.toHaveProperty('at');
    }
  });
});
