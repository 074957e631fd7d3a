/** The event: what happened in a source, in one form for all sources. Routes match it, and templates render it. */
import { z } from 'zod';
import {
  contentSchema,
  httpUrl,
  oneLine,
  referenceText,
  requestTimestamp,
  type NativeContent,
} from './message.js';

/**
 * What the event means for its conversation. `updated`: it goes on and something about it is new. `other`: the source knows no
 * states.
 */
export const EVENT_STATES = ['triggered', 'acknowledged', 'resolved', 'updated', 'other'] as const;
export type EventState = (typeof EVENT_STATES)[number];

/**
 * The order of events of one conversation that happened at the same time, by their state, from 0 to 9. Many sources give a
 * trigger and its resolve the same second.
 */
export const RANKS: Record<EventState, number> = {
  triggered: 0,
  other: 4,
  updated: 4,
  acknowledged: 5,
  resolved: 9,
};

/** Longer than any identity that a known source gives; a message's key is a hash of what is longer than a key may be. */
const LONGEST_KEY = 1_000;
const LONGEST_TEXT = 128 * 1024;

const longLine = oneLine(z.string()).max(LONGEST_KEY);

export const eventSchema = z
  .strictObject({
    key: z
      .string()
      .min(1, 'must not be empty')
      .max(LONGEST_KEY, `must be at most ${LONGEST_KEY} characters`)
      .meta({
        description:
          'The identity of the event at its source. The same event, sent again, is a duplicate, whatever else differs.',
        examples: ['01DV8XKQZ3'],
      }),
    source: referenceText.meta({
      description: 'The system that the event comes from.',
      examples: ['pagerduty'],
    }),
    reference: referenceText.optional().meta({
      description: 'The name of the event in the source system, as people use it.',
      examples: ['55'],
    }),
    conversation: longLine.optional().meta({
      description:
        'The key of what the event belongs to, as an incident. Events of one conversation share a post or a thread.',
      examples: ['PABC123'],
    }),
    state: z
      .enum(EVENT_STATES)
      .default('other')
      .meta({
        description: 'The state of the conversation since this event.',
        examples: ['triggered'],
      }),
    occurredAt: requestTimestamp.optional().meta({
      description:
        'The time at which it happened at the source. Without this field, the time of its arrival.',
      examples: ['2026-11-23T12:00:00Z'],
    }),
    severity: contentSchema.shape.severity,
    title: z
      .string()
      .min(1, 'must not be empty')
      .max(1_000, 'must be at most 1,000 characters')
      .meta({
        description: 'The event in one line of plain text.',
        examples: ['Disk full on db-3'],
      }),
    text: z
      .string()
      .max(LONGEST_TEXT, 'must be at most 131,072 characters')
      .default('')
      .meta({
        description: 'More about it, in Markdown.',
        examples: ['**97 %** of `/var` is used.'],
      }),
    url: httpUrl.optional().meta({
      description: 'The page of the event in the source system.',
      examples: ['https://example.pagerduty.com/incidents/Q1A2B3C4D5'],
    }),
    labels: z
      .record(z.string().max(255), z.string().max(10_000))
      .default({})
      .meta({
        description: 'Names and values that routes can match and templates can show.',
        examples: [{ team: 'database', environment: 'production' }],
      }),
    raw: z
      .unknown()
      .optional()
      .meta({
        description:
          'The data of the source, for conditions and templates. Temporal does not store it.',
        examples: [{ host: 'db-3' }],
      }),
  })
  .meta({ id: 'Event', description: 'Something that happened in a source.' });

/** An event as routes and templates see it. */
export type SourceEvent = z.infer<typeof eventSchema> & {
  /** The order among events of the conversation that happened at the same time; by default that of its state in `RANKS`. */
  rank?: number | undefined;
  /**
   * Whether its source sends what happens in a conversation one after the other, with times that may be older than that of the event
   * before: then the order is that of arrival.
   */
  arrivesInOrder?: boolean | undefined;
  /** One line of plain text for lists and for the notification of a post; by default the title. */
  summary?: string | undefined;
  /** Whether the source says the same again, as a reminder that nothing has changed. */
  isReminder?: boolean | undefined;
  /** What the source made for one platform, which is shown there where no template says something else. */
  native?: NativeContent | undefined;
  /** Whose messages it becomes: see `tenant.ts`. */
  tenant?: string | undefined;
};
