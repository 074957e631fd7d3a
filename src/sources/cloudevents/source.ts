/** Events in the form of CloudEvents 1.0, over HTTP: https://github.com/cloudevents/spec */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { own } from '../../lib/own.js';
import {
  allOf,
  credentialFields,
  credentials,
  refineCredentials,
} from '../authentication/credentials.js';
import { event, firstWebAddress } from '../event.js';
import { facts, paragraphs, plain } from '../facts.js';
import { fieldsOf, severityOf, titleIn } from '../fields.js';
import { textAt } from '../json.js';
import { sourceFields, type ParsedEvent, type SourceType } from '../source.js';
import { readCloudEvents, type CloudEvent } from './read.js';
import { SAMPLES } from './samples.js';

const schema = z
  .strictObject({
    ...sourceFields,
    ...credentialFields,
    type: z.literal('cloudevents'),
    /** The attribute whose events belong together; `off` if none do. */
    conversation: z
      .string()
      .regex(
        /^[a-z0-9]{1,50}$/,
        'must be the name of an attribute, of lower-case letters and digits',
      )
      .default('subject'),
  })
  .superRefine(refineCredentials);

export const cloudevents: SourceType<z.output<typeof schema>> = {
  name: 'cloudevents',
  schema,
  methods: ['OPTIONS', 'POST'],
  respondWithinMs: 8_000,
  largestBodyBytes: 1024 * 1024,
  samples: SAMPLES,
  create: ({ conversation, ...settings }) => {
    const authentication = allOf(credentials(settings));
    return {
      ...authentication,
      // The handshake asks for a permission that changes nothing: each event is authenticated by itself.
      verify: (request) =>
        request.method === 'OPTIONS' ? 'authentic' : authentication.verify(request),
      identify: (request) => {
        if (request.method === 'OPTIONS') return { kind: 'handshake' };
        const keys = readCloudEvents(request).map(keyOf);
        return { kind: 'events', key: keys.length === 1 ? (keys[0] ?? '') : batchKey(keys) };
      },
      parse: (request) => readCloudEvents(request).map((each) => eventOf(each, conversation)),
      // https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md#4-abuse-protection
      handshake: ({ headers }) =>
        Promise.resolve({
          status: 200,
          headers: {
            Allow: 'POST',
            'WebHook-Allowed-Origin': headers['webhook-request-origin'] ?? '*',
            'WebHook-Allowed-Rate': '*',
          },
        }),
    };
  },
};

/** "Producers MUST ensure that source + id is unique for each distinct event." A source is a URI, without spaces. */
function keyOf({ attributes }: CloudEvent): string {
  return `${attributes.source ?? ''} ${attributes.id ?? ''}`;
}

function batchKey(keys: readonly string[]): string {
  return `batch-${createHash('sha256').update(JSON.stringify(keys)).digest('base64url')}`;
}

function eventOf(cloudEvent: CloudEvent, conversation: string): ParsedEvent {
  const { attributes, data } = cloudEvent;
  const { subject, type = 'event' } = attributes;
  const about = conversation === 'off' ? undefined : own(attributes, conversation);
  return event({
    key: keyOf(cloudEvent),
    reference: subject,
    conversation: about === undefined ? undefined : `${attributes.source ?? ''} ${about}`,
    occurredAt: attributes.time,
    severity: severityOf(attributes.severity ?? textAt(data, 'severity')),
    title: titleIn(data) ?? [type, subject].filter(Boolean).join(': '),
    text: paragraphs(
      fieldsOf(data),
      facts({ Type: plain(type), Subject: plain(subject), Source: plain(attributes.source) }),
    ),
    url: firstWebAddress(textAt(data, 'url'), textAt(data, 'html_url')),
    labels: attributes,
    raw: { ...attributes, data },
  });
}
