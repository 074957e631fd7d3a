/** The form of the events that are sent, against the rules of CloudEvents 1.0. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cloudEventBody,
  cloudEventOf,
  eventSource,
} from '../../../src/acknowledgements/cloudEvent.js';
import {
  ACKNOWLEDGEMENT_EVENTS,
  type Acknowledgement,
} from '../../../src/domain/acknowledgement.js';
import { plainText } from '../../../src/queues/sqs/content.js';

const acknowledgement: Acknowledgement = {
  type: 'message.confirmed',
  timestamp: '2026-11-23T12:00:04.512Z',
  data: {
    summary: 'Delivery Status: Confirmed',
    deduplicationKey: 'alert-55-triggered',
    status: 'confirmed',
    source: 'pagerduty',
    reference: undefined,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    deliveries: [{ destination: 'slack:default/C0123ABC', status: 'confirmed' }],
  },
};
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const parsed = (event: Parameters<typeof cloudEventBody>[0]): Record<string, unknown> =>
  JSON.parse(cloudEventBody(event).toString('utf8')) as Record<string, unknown>;

/** https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#context-attributes and …/formats/json-format.md */
const RULES: [attribute: string, isValid: (value: unknown) => boolean][] = [
  ['specversion', (value) => value === '1.0'],
  ['id', isNonEmptyText],
  ['source', (value) => isNonEmptyText(value) && URL.canParse(value, 'https://base/')],
  ['type', (value) => isNonEmptyText(value) && /^io\.sendproof\.message\.[a-z_]+$/.test(value)],
  ['subject', isNonEmptyText],
  // RFC 3339
  ['time', (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/.test(String(value))],
  ['datacontenttype', (value) => value === 'application/json'],
  ['traceparent', (value) => /^00-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(String(value))],
  ['data', (value) => typeof value === 'object' && value !== null],
];

function isNonEmptyText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

describe('an event', () => {
  it.each(ACKNOWLEDGEMENT_EVENTS)('of %s has all attributes, and no others', (type) => {
    const of = { acknowledgement: { ...acknowledgement, type }, webhookId: 'msg_1' };
    const event = parsed(cloudEventOf(of, 'https://sendproof.example', traceparent));
    expect(Object.keys(event)).toEqual(RULES.map(([attribute]) => attribute));
    const wrong = RULES.filter(([attribute, isValid]) => !isValid(event[attribute]));
    expect(wrong).toEqual([]);
    // Attributes have lower-case letters and digits alone.
    expect(Object.keys(event).every((name) => /^[a-z0-9]{1,20}$/.test(name))).toBe(true);
  });

  it('has the id, the time, the key and the body of its callback', () => {
    const event = parsed(cloudEventOf({ acknowledgement, webhookId: 'msg_7' }, 'x', undefined));
    expect(event).toEqual({
      specversion: '1.0',
      id: 'msg_7',
      source: 'x',
      type: 'io.sendproof.message.confirmed',
      subject: 'alert-55-triggered',
      time: acknowledgement.timestamp,
      datacontenttype: 'application/json',
      data: JSON.parse(JSON.stringify(acknowledgement)) as unknown,
    });
  });

  it('is text that SQS takes, whatever people have written', () => {
    const odd = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\ufffe\uffff', '\ud83d', '\0\x1f\x7f\r\n', '🔥\u202e', '__proto__'),
    );
    fc.assert(
      fc.property(odd, (why) => {
        const data = { ...acknowledgement.data, why };
        const of = { acknowledgement: { ...acknowledgement, data }, webhookId: 'msg_1' };
        const event = cloudEventOf(of, 'x', undefined);
        expect(plainText(cloudEventBody(event))).toBeDefined();
        expect(parsed(event)).toMatchObject({ data: { data: { why } } });
      }),
    );
  });

  it.each([
    ['https://sendproof.example/base', 'https://sendproof.example/base'],
    [undefined, '/sendproof/team%20a%2Fb'],
  ])('says with PUBLIC_URL %s which installation it is from', (publicUrl, source) => {
    expect(eventSource(publicUrl, 'team a/b')).toBe(source);
  });
});
