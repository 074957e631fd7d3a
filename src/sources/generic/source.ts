/** Any system that can post: a mapping says what its requests mean. */
import { z } from 'zod';
import { durationUpTo } from '../../lib/duration.js';
import {
  allOf,
  credentialFields,
  credentials,
  headerNameSchema,
  refineCredentials,
} from '../authentication/credentials.js';
import { HMAC_ALGORITHMS, secretsSchema, signedBy } from '../authentication/hmac.js';
import { standardWebhooks, WEBHOOK_ID } from '../authentication/standardWebhooks.js';
import { sourceFields, type Authentication, type SourceType } from '../source.js';
import { compileMapping, mapSchema, type Mapping } from './mapping.js';
import { hashOf, leftOutEvent, parseScope, split } from './parse.js';
import { readPayload } from './payload.js';
import { SAMPLES } from './samples.js';

const MINUTES_5 = 5 * 60_000;

const settingsSchema = z
  .strictObject({
    ...sourceFields,
    ...credentialFields,
    type: z.literal('generic'),
    /** A signature of the body, in a header. */
    hmac: z
      .strictObject({
        secret: secretsSchema,
        header: headerNameSchema,
        algorithm: z.enum(HMAC_ALGORITHMS).default('sha256'),
        encoding: z.enum(['hex', 'base64']).default('hex'),
        /** What the header has before the signature, as `sha256=`. */
        prefix: z.string().max(100).default(''),
      })
      .optional(),
    standardWebhooks: z
      .strictObject({
        secret: secretsSchema,
        /** How old a request may be, or how far in the future. */
        tolerance: durationUpTo('1d').default(MINUTES_5),
      })
      .optional(),
    /** Where the list is whose elements are an event each, as `body.alerts`. */
    each: z
      .string()
      .regex(
        /^body(?:\.[^.\s]+)*$/,
        'must be a path that begins with "body", as body or body.alerts',
      )
      .transform((path) => path.split('.'))
      .optional(),
    map: mapSchema.default({}),
  })
  .superRefine(refineCredentials);

const schema = settingsSchema.transform(({ map, ...settings }, context) => {
  const mapping = compileMapping(map, settings.each !== undefined);
  if (!('faults' in mapping)) return { ...settings, mapping };
  for (const { message, path } of mapping.faults) {
    context.addIssue({ code: 'custom', path: ['map', ...path], message });
  }
  return z.NEVER;
});

type Settings = Omit<z.output<typeof settingsSchema>, 'map'> & { mapping: Mapping };

export const generic: SourceType<Settings> = {
  name: 'generic',
  schema,
  methods: ['POST', 'PUT'],
  // What most senders wait for is not less than 10 s.
  respondWithinMs: 8_000,
  largestBodyBytes: 1024 * 1024,
  samples: SAMPLES,
  create: (settings) => {
    const { each, mapping } = settings;
    const withheld = secretHeaders(settings);
    const readable = new Set(mapping.fields.keys());
    return {
      ...authenticationOf(settings),
      identify: (request) => {
        // The key of a request with one event; in a list each event has its own.
        if (each !== undefined || !readable.has('key')) {
          return { kind: 'events', key: keyWithoutMapping(settings, request) };
        }
        const fallback = keyWithoutMapping(settings, request);
        const { key } = parseScope(readPayload(request, withheld), mapping, fallback);
        return { kind: 'events', key };
      },
      parse: (request) => {
        const key = keyWithoutMapping(settings, request);
        const { leftOut, scopes } = split(readPayload(request, withheld), each);
        const events = scopes.map((scope) =>
          parseScope(scope, mapping, 'item' in scope ? itemKey(scope.item) : key),
        );
        return leftOut > 0 ? [...events, leftOutEvent(leftOut, key)] : events;
      },
    };
  },
};

function authenticationOf(settings: Settings): Authentication {
  const { hmac, standardWebhooks: standard } = settings;
  return allOf([
    ...credentials(settings),
    ...(hmac
      ? [
          signedBy({
            secrets: hmac.secret,
            header: hmac.header,
            algorithm: hmac.algorithm,
            encoding: hmac.encoding,
            // Several are the signatures of several secrets, while one replaces another.
            read: (value) =>
              value
                .split(',')
                .map((part) => part.trim())
                .filter((part) => part.startsWith(hmac.prefix))
                .map((part) => part.slice(hmac.prefix.length)),
            write: (signature) => `${hmac.prefix}${signature}`,
          }),
        ]
      : []),
    ...(standard ? [standardWebhooks(standard.secret, standard.tolerance)] : []),
  ]);
}

/** The id of Standard Webhooks is the same for each redelivery. Without it, the bytes are the identity. */
function keyWithoutMapping(
  { standardWebhooks: standard }: Settings,
  { body, headers }: { body: Buffer; headers: Readonly<Record<string, string | undefined>> },
): string {
  return (standard ? headers[WEBHOOK_ID] : undefined) ?? hashOf(body);
}

function itemKey(item: unknown): string {
  return hashOf(JSON.stringify(item));
}

function secretHeaders({ header, hmac }: Settings): ReadonlySet<string> {
  const names = [header?.name, hmac?.header].filter((name) => name !== undefined);
  return new Set(names.map((name) => name.toLowerCase()));
}
