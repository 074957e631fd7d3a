import { expect, it } from 'vitest';
import { cloudevents } from '../../../src/sources/cloudevents/source.js';
import { describeSourceContract } from './contract.js';
import { parsing } from './parsed.js';

describeSourceContract({
  type: cloudevents,
  settings: (bearer) => ({ bearer }),
  authenticate: ({ body, headers }, secret) => ({
    body,
    headers: { ...headers, Authorization: `Bearer ${Buffer.from(secret).toString('latin1')}` },
  }),
  signsBody: false,
  senderWaitsMs: 10_000,
});

const { keyOf, parse } = parsing(cloudevents);
const ATTRIBUTES = { specversion: '1.0', id: '1', source: '/s', type: 't' };

/** As Node.js shows the bytes of a header. */
const bytes = (text: string): string => Buffer.from(text).toString('latin1');

function inHeaders(attributes: Record<string, string>, prefix = 'ce-') {
  const all: Record<string, string> = { ...ATTRIBUTES, ...attributes };
  const headers = Object.entries(all).map(([name, value]): [string, string] => [
    `${prefix}${name}`,
    value,
  ]);
  return { headers: Object.fromEntries(headers), body: '' };
}

it.each([
  ['as it is', 'orders', 'orders'],
  ['percent-encoded', 'Euro%20%E2%82%AC', 'Euro €'],
  ['percent-encoded, in small letters', 'Euro%20%e2%82%ac', 'Euro €'],
  ['percent-encoded once, not twice', '100%2525', '100%25'],
  ['with a sign that encodes nothing', '100 % %C3%A9', '100 % é'],
  ['in quotation marks', '"Euro%20%E2%82%AC"', 'Euro €'],
  [
    'in quotation marks, with some of them in it',
    String.raw`"the \"big\" \\ one"`,
    String.raw`the "big" \ one`,
  ],
  ['in UTF-8', bytes('schön 😀'), 'schön 😀'],
  ['in Latin-1', 'sch\u00f6n', 'schön'],
  ['of a queue, as text', 'kőbánya', 'kőbánya'],
])('reads an attribute in a header %s', (_, header, expected) => {
  expect(parse(inHeaders({ subject: header })).reference).toBe(expected);
});

it('keeps ids apart that are not UTF-8', () => {
  expect(keyOf(inHeaders({ id: 'caf\u00e9' }))).not.toBe(keyOf(inHeaders({ id: 'caf\u00e8' })));
});

it('has one identity, however its headers are encoded, and in Kafka', () => {
  const key = keyOf(inHeaders({ id: 'a b' }));
  expect(keyOf(inHeaders({ id: 'a%20b' }))).toBe(key);
  expect(keyOf(inHeaders({ id: '"a b"' }))).toBe(key);
  expect(keyOf(inHeaders({ id: 'a b' }, 'ce_'))).toBe(key);
});

it.each([
  ['application/json', ATTRIBUTES],
  ['', ATTRIBUTES],
  ['text/plain', [ATTRIBUTES]],
])('reads a structured event that is sent as %j', (type, body) => {
  const sample = { headers: { 'Content-Type': type }, body: JSON.stringify(body) };
  expect(keyOf(sample)).toBe('/s 1');
});

it('shows what is within its data', () => {
  const data = { alert: { labels: { pod: 'pay-1' }, values: [1, 2] }, items: [{ name: 'first' }] };
  const body = JSON.stringify({ ...ATTRIBUTES, data });
  const { text } = parse({ headers: { 'Content-Type': 'application/cloudevents+json' }, body });
  const shown = text.replaceAll('\\', '');
  expect(shown).toContain('**alert.labels.pod:** pay-1');
  expect(shown).toContain('**alert.values:** 1, 2');
  expect(shown).toContain('**items[0].name:** first');
});

it('says that data has more fields than are shown', () => {
  const data = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`f${index}`, index]));
  const body = JSON.stringify({ ...ATTRIBUTES, data });
  const { text } = parse({ headers: { 'Content-Type': 'application/cloudevents+json' }, body });
  expect(text).toContain('**f19:** 19');
  expect(text).not.toContain('**f20:**');
  expect(text).toContain('and more fields');
});
