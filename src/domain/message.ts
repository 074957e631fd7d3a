/** The message: what a source asks to have said. These schemas validate, type and document it, here and nowhere else. */
import { z } from 'zod';
import { ACKNOWLEDGEMENT_EVENTS } from './acknowledgement.js';
import { durationUpTo } from '../lib/duration.js';
import {
  hiddenCharacter,
  INVISIBLE,
  isBlank,
  NEVER_VISIBLE,
  NOT_BLANK,
  NOT_IN_ONE_LINE,
  utf8Length,
  withoutTerminalCodes,
} from '../lib/text.js';
import { type Destination, destinationSchema } from './destination.js';
import { mentionsSchema } from './mentions.js';

/** Ids of our own begin with these, so a client's key may not. */
export const RESERVED_KEY_PREFIXES = ['dlq/', 'sendproof/', 'temporal-sys'] as const;

/** Temporal's `limit.maxIDLength` counts bytes, and some servers set it to 255. */
const KEY_MAX_LENGTH = 255;

const UNPRINTABLE = 'must be printable characters, without spaces at either end';

/** An empty key has an error of its own. */
function keyWithout(invisible: string) {
  const end = `[^\\s${invisible}]`;
  return z
    .string()
    .min(1, 'must not be empty')
    .max(KEY_MAX_LENGTH, `must be at most ${KEY_MAX_LENGTH} bytes of UTF-8`)
    .refine((key) => key.length > KEY_MAX_LENGTH || utf8Length(key) <= KEY_MAX_LENGTH, {
      error: `must be at most ${KEY_MAX_LENGTH} bytes of UTF-8`,
    })
    .regex(new RegExp(`^(?:${end}(?:[^${invisible}]*${end})?)?$`, 'u'), {
      error: UNPRINTABLE,
      abort: true,
    })
    .refine((key) => key !== '.' && key !== '..', {
      error: 'must not be . or ..: in the address of a message these mean something else',
    });
}

/** The key of any message that was ever accepted, those of sendproof's own included. */
export const readableKeySchema = keyWithout(INVISIBLE);

const visibleKey = keyWithout(NEVER_VISIBLE).refine((key) => hiddenCharacter(key) === undefined, {
  error: ({ input }) =>
    `must not have characters that nobody sees: ${codePoint(hiddenCharacter(String(input)))}`,
});

export const deduplicationKeySchema = visibleKey
  .refine((key) => !RESERVED_KEY_PREFIXES.some((prefix) => key.startsWith(prefix)), {
    error: `must not begin with ${RESERVED_KEY_PREFIXES.join(', ')}: those ids are sendproof's own`,
  })
  .meta({
    id: 'DeduplicationKey',
    description:
      'The key that identifies the message. A second message with the same key and content is a duplicate and is not posted.',
    examples: ['pagerduty-55-triggered'],
  });

/** As `U+E0041`. */
function codePoint(character = ''): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

const notBlank = (text: string): boolean => !isBlank(text);

/**
 * The text is in the input of every delivery, and a workflow schedules the deliveries to 20 destinations in one request, of
 * which Temporal takes 4 MiB: https://docs.temporal.io/cloud/limits#per-message-grpc-limit. Each platform has its own limits,
 * to which its rendering keeps.
 */
const LONGEST_TEXT_BYTES = 128 * 1024;
const TEXT_TOO_LONG = 'must be at most 128 KiB of UTF-8 text (131,072 bytes)';
const LONGEST_TITLE = 1_000;

/** As Temporal stores it. A line end or a quote counts twice. */
const bytesAsJson = (text: string): number => utf8Length(JSON.stringify(text)) - '""'.length;

export const contentSchema = z
  .strictObject({
    text: z
      .string()
      .max(LONGEST_TEXT_BYTES, { error: TEXT_TOO_LONG, abort: true })
      .refine((text) => bytesAsJson(text) <= LONGEST_TEXT_BYTES, { error: TEXT_TOO_LONG })
      .refine(notBlank, { error: 'must not be empty' })
      .meta({
        description:
          'The text of the message, in Markdown: CommonMark with tables, strikethrough and codes of emoji. Links to `https`, `http`, `mailto` and `tel` addresses are links; other addresses are shown as text. At most 128 KiB of UTF-8. A destination that can’t show all of it shows the beginning and says so; the page of the message shows the whole.',
        minLength: 1,
        pattern: NOT_BLANK,
        examples: ['**Checkout is down.** Runbook: https://example.com/runbooks/checkout'],
      }),
    title: z
      .string()
      .max(LONGEST_TITLE, 'must be at most 1,000 characters')
      .refine(notBlank, { error: 'must not be empty' })
      .optional()
      .meta({
        description: 'The title that the destination shows above the text.',
        minLength: 1,
        pattern: NOT_BLANK,
        examples: ['PagerDuty incident 55 triggered'],
      }),
    severity: z
      .enum(['critical', 'error', 'warning', 'info', 'ok'])
      .optional()
      .meta({
        description: 'The severity, which the destination shows as a colour or a symbol.',
        examples: ['critical'],
      }),
    mentions: mentionsSchema.optional(),
  })
  .meta({ id: 'Content', description: 'The content that every destination shows.' });
/** The content, and the form in which a source had it for one platform. Other platforms show the text. */
export type Content = z.infer<typeof contentSchema> & { native?: NativeContent | undefined };

/** Content in the form of one platform, which shows it as it is. */
export interface NativeContent {
  /** Arguments of `chat.postMessage`. */
  slack?: {
    text?: string | undefined;
    blocks?: unknown[] | undefined;
    attachments?: unknown[] | undefined;
  };
}

export type Severity = NonNullable<Content['severity']>;

/** The content as destinations show it: without what only terminals understand. */
export function readableContent({ text, title, ...rest }: Content): Content {
  return {
    text: withoutTerminalCodes(text),
    ...(title !== undefined && { title: withoutTerminalCodes(title) }),
    ...rest,
  };
}

/** A name or an id: one line, of a length that each of Temporal's databases can search. */
export function oneLine(text: z.ZodString): z.ZodString {
  return text
    .min(1, 'must not be empty')
    .max(255, 'must be at most 255 characters')
    .regex(
      new RegExp(`^[^${NOT_IN_ONE_LINE}]*$`, 'u'),
      'must be one line without control characters',
    );
}

/** Ids and search attributes are not encrypted by payload codecs: these fields are for references, not for content. */
export const referenceText = oneLine(z.string());

/** For the document: most URLs, and nothing that is none. Others, as with letters beyond ASCII, are accepted too. */
const ASCII_URL =
  "^https?://(?:[a-z][a-z0-9-]{0,30}[.])*[a-z]{2,20}(?::[1-9][0-9]{0,3})?(?:[/?][A-Za-z0-9._~:/?@!$&'()*+,;=-]*)?$";

/** The URL parser drops line breaks and tabs within an address; so they are refused before it. */
export const httpUrl = z
  .string()
  .trim()
  .max(2_000, 'must be at most 2,000 characters')
  .regex(new RegExp(`^[^\\s${INVISIBLE}]*$`, 'u'), 'must not have spaces or invisible characters')
  .check(z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }))
  .meta({ pattern: ASCII_URL });

export const correlationSchema = z
  .strictObject({
    source: referenceText.optional().meta({
      description: 'The system that the message comes from.',
      examples: ['pagerduty'],
    }),
    reference: referenceText.optional().meta({
      description: 'The id of the event in the source system.',
      examples: ['Q1A2B3C4D5'],
    }),
    url: httpUrl.optional().meta({
      description: 'The page of the event in the source system, which the message links to.',
      examples: ['https://example.pagerduty.com/incidents/Q1A2B3C4D5'],
    }),
  })
  .meta({
    id: 'Correlation',
    description:
      'The origin of the message in the source system. Messages can be searched by these fields, and Temporal stores them unencrypted.',
  });
export type Correlation = z.infer<typeof correlationSchema>;

const MAXIMUM_DESTINATIONS = 20;
const MAXIMUM_FALLBACKS = 5;

/** A destination of a message, and where to say it instead. */
export interface Route {
  destination: Destination;
  /** Each is used once the one before it is dead-lettered, or has not confirmed within `fallbackAfterMs`. */
  fallback: Destination[];
  fallbackAfterMs?: number | undefined;
}

const routeWithFallbackSchema = z
  .strictObject({
    destination: destinationSchema,
    fallback: z
      .array(destinationSchema)
      .min(1, 'must name at least one destination')
      .max(MAXIMUM_FALLBACKS, `must name at most ${MAXIMUM_FALLBACKS} destinations`)
      .meta({
        description:
          'Alternative destinations, in order. Each is used when the one before it is dead-lettered or has not confirmed within `fallbackAfter`.',
        examples: [['teams-webhook:default/incidents']],
      }),
    fallbackAfter: durationUpTo('366d').optional().meta({
      description:
        'The time that a destination has to confirm before its fallback is used too: a number with a unit (`30s`, `5m`, `1h`). Without this field, the fallback is used only after a dead letter.',
    }),
  })
  .meta({
    id: 'DestinationWithFallback',
    description: 'A destination with the alternatives that are used when it fails.',
  });

/** Where a message goes: destinations, alone or with their fallbacks. */
export const routesSchema = z
  .array(z.union([destinationSchema, routeWithFallbackSchema]))
  .min(1, 'must name at least one destination')
  .max(MAXIMUM_DESTINATIONS, `must name at most ${MAXIMUM_DESTINATIONS} destinations`)
  .refine((routes) => isDistinct(routes.flatMap(namedIn)), {
    error: 'must not name a destination twice',
  })
  .meta({
    description: 'The destinations of the message, each alone or with its fallbacks.',
    uniqueItems: true,
    examples: [['slack:default/C0123ABC']],
  })
  .transform((routes) =>
    routes.map((route): Route => {
      if (typeof route === 'string') return { destination: route, fallback: [] };
      const { destination, fallback, fallbackAfter } = route;
      return { destination, fallback, fallbackAfterMs: fallbackAfter };
    }),
  );

function namedIn(
  route: Destination | { destination: Destination; fallback: Destination[] },
): Destination[] {
  return typeof route === 'string' ? [route] : [route.destination, ...route.fallback];
}

function isDistinct(list: readonly string[]): boolean {
  return new Set(list).size === list.length;
}

/** Every destination that the message may be posted to, fallbacks after the one that they stand in for. */
export function allDestinations(routes: readonly Route[]): Destination[] {
  return routes.flatMap(namedIn);
}

/** A time that a client sends, with any offset. */
export const requestTimestamp = z.iso.datetime({
  offset: true,
  error: 'must be a time as 2026-11-23T12:00:00Z',
});

/** Far beyond any use, and well within what Temporal's timers take. */
const LONGEST_DELAY_MS = 366 * 24 * 3_600_000;
export const WITHIN_A_YEAR = 'must be within a year from now';

export function isWithinAYear(time: string): boolean {
  // What is no time has an error of its own.
  return !(Date.parse(time) > Date.now() + LONGEST_DELAY_MS);
}

export const acknowledgeSchema = z
  .strictObject({
    url: httpUrl
      .refine(withoutCredentials, {
        error: 'must not hold a user name or password: callbacks are signed instead',
      })
      .meta({
        description:
          'The URL that receives the callbacks. Its host must be allowed by the configuration (`acknowledgements.allowedHosts`). Callbacks are signed as the Standard Webhooks specification says.',
        examples: ['https://hooks.example.com/sendproof'],
      }),
    events: z
      .array(z.enum(ACKNOWLEDGEMENT_EVENTS))
      .min(1, 'must name at least one event, or be left out')
      .default([...ACKNOWLEDGEMENT_EVENTS])
      .meta({
        description: 'The events that cause a callback. Without this field, every event does.',
        examples: [['message.confirmed', 'message.dead_lettered']],
      }),
  })
  .meta({
    id: 'Acknowledge',
    description: 'The callback that reports the outcome of the message to another system.',
  });

export type Acknowledge = z.infer<typeof acknowledgeSchema>;

/** How a later message of a conversation is shown. */
export const CONVERSATION_MODES = ['update', 'reply', 'both'] as const;
export type ConversationMode = (typeof CONVERSATION_MODES)[number];

export const conversationSchema = z
  .strictObject({
    key: visibleKey.meta({
      description:
        'The key of the conversation: messages with the same key belong together at each destination. Temporal stores it unencrypted.',
      examples: ['pagerduty:PABC123'],
    }),
    mode: z
      .enum(CONVERSATION_MODES)
      .default('update')
      .meta({
        description:
          'The way in which the message is shown if the conversation already has a post at the destination. `update`: it replaces the content of the post. `reply`: it answers in the thread of the post. `both`: it replaces the content, and a short answer notifies people.',
        examples: ['update'],
      }),
    at: requestTimestamp.optional().meta({
      description:
        'The time of the event at its source. A message never replaces the content of one with a later time. Without this field, or if it is more than five minutes ahead, the time of acceptance.',
      examples: ['2026-11-23T12:00:00Z'],
    }),
    rank: z
      .int()
      .min(0)
      .max(9)
      .optional()
      .meta({
        description:
          'The order of messages with the same `at`: the highest is the newest. For a resolution that has the time of its trigger. 0 if absent.',
        examples: [1],
      }),
    broadcast: z
      .boolean()
      .optional()
      .meta({
        description:
          'Whether an answer in the thread is also shown in the channel. Slack can do that; other platforms ignore it. False if absent.',
        examples: [true],
      }),
  })
  .meta({
    id: 'Conversation',
    description:
      'The conversation that the message belongs to. The first message of a conversation at a destination is posted, and later ones change or answer that post.',
  });
export type Conversation = z.infer<typeof conversationSchema>;

function withoutCredentials(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { username, password } = new URL(url);
  return username === '' && password === '';
}

const messageFields = z.strictObject({
  deduplicationKey: deduplicationKeySchema,
  destinations: routesSchema,
  content: contentSchema,
  correlation: correlationSchema.optional(),
  priority: z
    .int()
    .min(1)
    .max(5)
    .default(3)
    .meta({
      description:
        'The priority, from 1 (highest) to 5 (lowest), among messages that wait for the same account.',
      examples: [1],
    }),
  onAmbiguous: z
    .enum(['resend', 'dead_letter'])
    .default('resend')
    .meta({
      description:
        'The action after an attempt with an unknown outcome, if the destination cannot be searched. `resend`: send it again, at most as often as `resends` of the retry profile allows (twice by default), then dead-letter it. `dead_letter`: dead-letter it at once, so that it is posted at most once.',
      examples: ['resend'],
    }),
  retryProfile: z
    .string()
    .min(1)
    .optional()
    .meta({
      description:
        'The retry profile for this message, by its name in the configuration. Without this field, each account’s own profile is used.',
      examples: ['page'],
    }),
  deliverAt: requestTimestamp
    .refine(isWithinAYear, { error: WITHIN_A_YEAR })
    .optional()
    .meta({
      description:
        'The earliest time at which the message is posted, at most a year ahead. A time in the past means: immediately.',
      examples: ['2026-11-23T12:00:00Z'],
    }),
  expiresAt: requestTimestamp.optional().meta({
    description:
      'The time after which the message is no longer posted. Every delivery that is not confirmed by then becomes `expired`.',
    examples: ['2026-11-23T18:00:00Z'],
  }),
  conversation: conversationSchema.optional().meta({
    description:
      'The conversation that the message belongs to. Without this field, the message is a post of its own.',
  }),
  acknowledge: acknowledgeSchema.optional().meta({
    description:
      'The callback that reports the outcome of the message. Without this field, the configuration of `correlation.source` applies.',
  }),
});

/** What `POST /v1/messages` takes, with the key already moved in from the `Idempotency-Key` header where it was there. */
export const messageSchema = messageFields
  .refine(
    ({ deliverAt, expiresAt }) =>
      deliverAt === undefined ||
      expiresAt === undefined ||
      Date.parse(deliverAt) < Date.parse(expiresAt),
    { path: ['expiresAt'], error: 'must be later than deliverAt' },
  )
  .meta({ id: 'Message', description: 'A message to one or more destinations.' });
export type Message = z.infer<typeof messageSchema> & {
  /** The conversation that its event belongs to, where the post itself takes no part in it. */
  partOf?: Omit<Conversation, 'mode' | 'broadcast'> | undefined;
  /** Whose message it is: see `tenant.ts`. Undefined: nobody's, so that only those without a tenant see it. */
  tenant?: string | undefined;
};

/** The body as it may come, for the API's document: with the key in the header instead. */
export const messageBodySchema = messageFields.partial({ deduplicationKey: true }).meta({
  id: 'MessageBody',
  description:
    'A message to one or more destinations. `deduplicationKey` is required here or in the header `Idempotency-Key`.',
});
