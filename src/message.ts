/** The message: what a source asks to have said. These schemas validate, type and document it, here and nowhere else. */
import { z } from 'zod';
import type { OnAmbiguous, RetryProfile } from './delivery.js';

/** Ids of our own begin with these, so a client's key may not. */
export const RESERVED_KEY_PREFIXES = ['dlq/', 'sendproof/', 'temporal-sys'] as const;

const KEY_MAX_LENGTH = 255;
/** Temporal's `limit.maxIDLength` counts bytes, and some servers set it to 255. */
const utf8Length = (text: string): number => new TextEncoder().encode(text).length;

export const deduplicationKeySchema = z
  .string()
  .min(1, 'must not be empty')
  .refine((key) => utf8Length(key) <= KEY_MAX_LENGTH, {
    error: `must be at most ${KEY_MAX_LENGTH} bytes of UTF-8`,
  })
  .refine((key) => !/[\p{C}\p{Zl}\p{Zp}]/u.test(key) && key.trim() === key, {
    error: 'must be printable characters, without spaces at either end',
  })
  .refine((key) => key !== '.' && key !== '..', {
    error: 'must not be . or ..: in the address of a message these mean something else',
  })
  .refine((key) => !RESERVED_KEY_PREFIXES.some((prefix) => key.startsWith(prefix)), {
    error: `must not begin with ${RESERVED_KEY_PREFIXES.join(', ')}: those ids are sendproof's own`,
  })
  .meta({
    id: 'DeduplicationKey',
    description: 'Identifies the message; the id of its Temporal workflow.',
    examples: ['pagerduty-55-triggered'],
  });

/** `<platform>:<account>/<path>`, as `slack:default/C0123ABC`. */
export type Destination = `${string}:${string}/${string}`;

const DESTINATION =
  /^(?<platform>[a-z][a-z0-9-]*):(?<account>[A-Za-z0-9_.-]+)\/(?<path>[^\s"'\\]+)$/u;

export const destinationSchema = z
  .string()
  .max(500, 'must be at most 500 characters')
  .refine((text): text is Destination => DESTINATION.test(text), {
    error: 'must have the form <platform>:<account>/<channel>, as slack:default/C0123ABC',
  })
  .meta({
    id: 'Destination',
    description:
      'One place on one platform through one account: `slack:<account>/<channel id>`, `teams:<account>/<team id>/<channel id>`, `teams:<account>/chats/<chat id>`, `teams-webhook:<account>/<name>`.',
    examples: ['slack:default/C0123ABC'],
  });

export interface DestinationParts {
  platform: string;
  account: string;
  path: string;
}

/** Takes a destination apart. Throws on text that `destinationSchema` refuses. */
export function parseDestination(destination: Destination): DestinationParts {
  const groups = DESTINATION.exec(destination)?.groups;
  if (!groups) throw new TypeError(`not a destination: ${destination}`);
  return groups as unknown as DestinationParts;
}

const notBlank = (text: string): boolean => text.trim().length > 0;

export const contentSchema = z
  .strictObject({
    text: z
      .string()
      // Slack cuts text above 40,000 characters: https://docs.slack.dev/reference/methods/chat.postMessage
      .max(40_000, 'must be at most 40,000 characters')
      .refine(notBlank, { error: 'must not be empty' })
      .meta({ description: 'Markdown.' }),
    // Slack's header block holds 150 characters: https://docs.slack.dev/reference/block-kit/blocks/header-block
    title: z
      .string()
      .max(150, 'must be at most 150 characters')
      .refine(notBlank, { error: 'must not be empty' })
      .optional(),
    severity: z.enum(['critical', 'error', 'warning', 'info', 'ok']).optional(),
  })
  .meta({ id: 'Content' });
export type Content = z.infer<typeof contentSchema>;

/** Ids and search attributes are not encrypted by payload codecs: these fields are for references, not for content. */
const referenceText = z
  .string()
  .min(1, 'must not be empty')
  .max(255, 'must be at most 255 characters');

export const correlationSchema = z
  .strictObject({
    source: referenceText.optional(),
    reference: referenceText.optional(),
    url: z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .max(2_000)
      .optional(),
  })
  .meta({
    id: 'Correlation',
    description:
      'Where the message comes from, as the source calls it. Searchable; kept unencrypted.',
  });
export type Correlation = z.infer<typeof correlationSchema>;

const MAXIMUM_DESTINATIONS = 20;

/** What `POST /v1/messages` takes, with the key already moved in from the `Idempotency-Key` header where it was there. */
export const messageSchema = z
  .strictObject({
    deduplicationKey: deduplicationKeySchema,
    destinations: z
      .array(destinationSchema)
      .min(1, 'must name at least one destination')
      .max(MAXIMUM_DESTINATIONS, `must name at most ${MAXIMUM_DESTINATIONS} destinations`)
      .refine((list) => new Set(list).size === list.length, {
        error: 'must not name a destination twice',
      }),
    content: contentSchema,
    correlation: correlationSchema.optional(),
    priority: z.int().min(1).max(5).default(3).meta({
      description: '1 overtakes 5 where both wait for the same account.',
    }),
    onAmbiguous: z.enum(['resend', 'dead_letter']).default('resend').meta({
      description:
        'After an attempt whose outcome is unknown, where the destination can’t be searched: send again (at least once), or wait for a person (at most once).',
    }),
  })
  .meta({ id: 'Message' });
export type Message = z.infer<typeof messageSchema>;

/** One destination of a message with all that its delivery was promised at acceptance. */
export interface DeliveryPlan {
  destination: Destination;
  /** The account's task queue. */
  taskQueue: string;
  /** The destination, hashed where it exceeds the 64 bytes that Temporal allows. */
  fairnessKey: string;
  retry: RetryProfile;
  /** How long one request to the platform may take. */
  requestTimeoutMs: number;
}

/** The input of the `deliverMessage` workflow. The workflow's id is the message's deduplication key. */
export interface DeliverMessageInput {
  content: Content;
  correlation?: Correlation | undefined;
  priority: number;
  onAmbiguous: OnAmbiguous;
  deliveries: DeliveryPlan[];
  /** 32 hex digits: continued from the source's `traceparent` or begun by the API. */
  traceId: string;
}
