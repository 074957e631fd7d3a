/** A message with its deliveries and attempts, as the API answers with it. */
import { z } from 'zod';
import { destinationSchema } from '../../domain/destination.js';
import {
  CURSOR_EXAMPLE,
  claimedByField,
  deciderField,
  erasureCause,
  deliveryStatusSchema,
  detailField,
  messageLinksSchema,
  namesField,
  queuedSchema,
  rationaleField,
  reasonSchema,
  referenceField,
  sourceField,
  statusSchema,
  timestamp,
  traceIdSchema,
  newTimes,
} from './fields.js';

export const attemptFields = {
  number: z.int().meta({
    description: 'The number of the attempt, counted from 1 over all retries of the delivery.',
    examples: [1],
  }),
  durationMs: z
    .number()
    .optional()
    .meta({ description: 'The duration of the attempt in milliseconds.', examples: [184] }),
  outcome: z.enum(['delivered', 'transient', 'permanent', 'ambiguous']).meta({
    description:
      'The outcome of the attempt. `delivered`: the message was posted. `transient`: nothing was sent, or the platform put it off, and a further attempt may succeed. `permanent`: the platform refused it, and a further attempt cannot succeed. `ambiguous`: the platform may have posted it.',
    examples: ['permanent'],
  }),
  reason: reasonSchema.optional(),
  part: z
    .object({
      number: z.int().meta({ description: 'The number of the part, from 1.', examples: [2] }),
      of: z.int().meta({ description: 'The number of parts.', examples: [4] }),
    })
    .optional()
    .meta({
      description:
        'The part of the message that the attempt was for. Present if the destination shows the message in several posts.',
      examples: [{ number: 2, of: 4 }],
    }),
  as: z
    .enum(['edit', 'reply'])
    .optional()
    .meta({
      description:
        'The kind of request that the attempt sent. `edit`: new content for an earlier post of the conversation. `reply`: an answer in its thread. Absent if it sent a post by itself, or nothing.',
      examples: ['edit'],
    }),
  httpStatus: z
    .int()
    .optional()
    .meta({ description: 'The HTTP status of the platform’s answer.', examples: [200] }),
  platformCode: z
    .string()
    .optional()
    .meta({ description: 'The platform’s own error code.', examples: ['not_in_channel'] }),
  retryAfterMs: z
    .number()
    .optional()
    .meta({
      description: 'The delay that the platform asked for in Retry-After, in milliseconds.',
      examples: [30_000],
    }),
  nextAttemptInMs: z
    .number()
    .optional()
    .meta({
      description: 'The delay that was chosen before the next attempt, in milliseconds.',
      examples: [1_250],
    }),
  lookup: z
    .enum(['found', 'absent', 'refused', 'repeated'])
    .optional()
    .meta({
      description:
        'The result of the search for the post of an earlier attempt. Absent if no earlier request may have reached the platform. `found`: the post is the receipt. `absent`: the message was posted again. `refused`: the platform or the permissions of the account do not allow the search. `repeated`: there was no search, because the platform makes one post of all requests of this delivery.',
      examples: ['found'],
    }),
};

const attemptSchema = z
  .object({
    ...attemptFields,
    startedAt: timestamp.optional().meta({
      description: 'The time at which the attempt started. Absent if its worker was lost.',
      examples: ['2026-11-23T12:00:00.312Z'],
    }),
  })
  .meta({ id: 'Attempt', description: 'One call to the platform, or to its search.' });

export const receiptSchema = z
  .object({
    messageId: z
      .string()
      .optional()
      .meta({
        description:
          'The platform’s id of the post: Slack’s `ts`, the message id of Graph, the name of the message in Google Chat, or the id of Discord or Mattermost.',
        examples: ['1795435200.000100'],
      }),
    channel: z
      .string()
      .optional()
      .meta({ description: 'The id of the Slack channel of the post.', examples: ['C0123ABC'] }),
    thread: z
      .string()
      .optional()
      .meta({
        description:
          'The thread of the post: its name in Google Chat, the id of its first post in Mattermost.',
        examples: ['spaces/AAAAMpdlehY/threads/UMxbHmzDlr4'],
      }),
    url: z
      .string()
      .optional()
      .meta({
        description: 'The address of the post: Slack’s permalink, or the `webUrl` of Graph.',
        examples: ['https://example.slack.com/archives/C0123ABC/p1795435200000100'],
      }),
    parts: z
      .int()
      .optional()
      .meta({
        description:
          'The number of posts that show the message. Present if there are several; the other fields are then those of the first post, in whose thread the others are.',
        examples: [4],
      }),
    shortened: z
      .object({
        shown: z.int().meta({ description: 'The number of characters shown.', examples: [12_345] }),
        of: z
          .int()
          .meta({ description: 'The number of characters of the text.', examples: [30_000] }),
      })
      .optional()
      .meta({
        description:
          'How much of `content.text` the destination shows. Present if it shows only the beginning. The page of the message shows the whole text.',
        examples: [{ shown: 12_345, of: 30_000 }],
      }),
    plainText: z
      .string()
      .optional()
      .meta({
        description:
          'The answer with which the platform refused the layout of the post. Present if the text was then posted without it.',
        examples: ['Slack answered invalid_blocks (too long: /blocks/0/text/text).'],
      }),
    conversation: z
      .object({
        role: z.enum(['root', 'edit', 'reply', 'edit_and_reply', 'follow_up']).meta({
          description:
            'The place of the message in its conversation. `root`: as a post of its own, which later messages change or answer. `edit`: it replaced the content of that post. `reply`: in its thread. `edit_and_reply`: both. `follow_up`: as a post of its own that names the other one, on platforms without edits and threads.',
          examples: ['edit'],
        }),
        of: z
          .string()
          .optional()
          .meta({
            description:
              'The key of the message whose post it belongs to, or would have belonged to.',
            examples: ['pagerduty-55-triggered'],
          }),
        because: z
          .enum(['not_posted', 'post_deleted', 'edit_refused'])
          .optional()
          .meta({
            description:
              'The reason why it is not shown as its mode says. `not_posted`: the message `of` was not posted in time. `post_deleted`: the post of the message `of` is gone. `edit_refused`: the platform refuses to change that post.',
            examples: ['post_deleted'],
          }),
      })
      .optional()
      .meta({
        description:
          'The way in which the message is shown in its conversation. Present if it belongs to one. The other fields are then those of the post that shows it.',
        examples: [{ role: 'edit', of: 'pagerduty-55-triggered' }],
      }),
    standsAlone: z
      .literal(true)
      .optional()
      .meta({
        description:
          'Present if the post should have answered an earlier one, which is gone: it is shown by itself.',
        examples: [true],
      }),
  })
  .meta({
    id: 'CallbackReceipt',
    outputId: 'Receipt',
    description: 'The platform’s proof that it shows the message.',
  });

const deliverySchema = z
  .object({
    destination: destinationSchema,
    status: deliveryStatusSchema,
    attempts: z
      .array(attemptSchema)
      .meta({ description: 'Every attempt of this delivery, oldest first.' }),
    receipt: receiptSchema.optional(),
    partsPosted: z
      .object({
        count: z.int().meta({ description: 'The number of parts posted.', examples: [2] }),
        of: z.int().meta({ description: 'The number of parts.', examples: [4] }),
      })
      .optional()
      .meta({
        description:
          'How many parts of the message are posted. Present while a message that takes several posts is not confirmed.',
        examples: [{ count: 2, of: 4 }],
      }),
    reason: reasonSchema.optional().meta({
      description:
        'The reason why the last failed attempt failed or the delivery needs a decision.',
    }),
    detail: detailField.optional(),
    nextAttemptAt: timestamp.optional().meta({
      description: 'The time of the next attempt. Present while the delivery waits for it.',
      examples: ['2026-11-23T12:00:02.000Z'],
    }),
    queuedSince: timestamp.optional().meta({
      description:
        'The time since which the delivery waits in the queue of its account. Present while it waits.',
      examples: ['2026-11-23T12:00:00.000Z'],
    }),
    expectedAt: timestamp.optional().meta({
      description:
        'The estimated time at which it is the delivery’s turn, from the queue of its account: how many wait there, and how fast the account delivers. Present while the delivery waits behind others and the account works.',
      examples: ['2026-11-23T12:04:30.000Z'],
    }),
    awaitingTurnSince: timestamp.optional().meta({
      description:
        'The time since which the delivery waits for another message of its conversation. Present while it waits.',
      examples: ['2026-11-23T12:00:00.000Z'],
    }),
    behind: z
      .string()
      .optional()
      .meta({
        description:
          'The key of the message of the same conversation that goes first. Present while the delivery waits for it.',
        examples: ['pagerduty-55-triggered'],
      }),
    supersededBy: z
      .string()
      .optional()
      .meta({
        description:
          'The key of the newer message of the same conversation that is shown instead. Present if the delivery is `superseded`.',
        examples: ['pagerduty-55-resolved'],
      }),
    attemptSince: timestamp.optional().meta({
      description: 'The start of the attempt that is in progress. Present during an attempt.',
      examples: ['2026-11-23T12:00:00.312Z'],
    }),
    heldBack: z
      .string()
      .optional()
      .meta({
        description:
          'The reason why the queue of the account is held back. Present while the delivery waits in it.',
        examples: ['Slack rejects the token of the account slack:default.'],
      }),
    parkedAt: timestamp.optional().meta({
      description: 'The time since which the delivery needs a decision. Present until it is made.',
      examples: ['2026-11-23T12:00:00.496Z'],
    }),
    mutedUntil: timestamp.optional().meta({
      description:
        'The time until which the route mutes its events. Absent if the event is not muted, or without an end.',
      examples: ['2026-11-24T06:00:00.000Z'],
    }),
    groupedIn: z
      .string()
      .optional()
      .meta({
        description: 'The key of the message that shows the event together with others.',
        examples: [
          'sendproof/grouped/warnings/2026-11-23T12:00:00.000Z/0a1b2c3d-0000-4000-8000-000000000001.1',
        ],
      }),
    fallbackFor: destinationSchema.optional().meta({
      description: 'The destination that this fallback replaces. Present for a fallback only.',
    }),
  })
  .meta({ id: 'Delivery', description: 'The delivery of a message to one destination.' });

const deadLetterSchema = z
  .object({
    destination: destinationSchema,
    reason: reasonSchema,
    detail: detailField,
    at: timestamp.meta({
      description: 'The time at which the delivery was dead-lettered.',
      examples: ['2026-11-23T12:00:00.496Z'],
    }),
  })
  .meta({ id: 'DeadLetter', description: 'A delivery that failed and needs a decision.' });

export const messageSummarySchema = z
  .object({
    deduplicationKey: z.string().meta({
      description: 'The key that identifies the message.',
      examples: ['pagerduty-55-triggered'],
    }),
    status: statusSchema,
    title: z
      .string()
      .optional()
      .meta({
        description:
          'The title of the message, or the first line of its text, shortened. Present in lists, where its content can be read.',
        examples: ['Disk full on db-1'],
      }),
    dueAt: timestamp.optional().meta({
      description:
        'The time at which the message is posted at the earliest. Present in lists, until then.',
      examples: ['2026-11-23T18:00:00.000Z'],
    }),
    destinations: z.array(z.string()).meta({
      description: 'The destinations of the message, fallbacks included.',
      examples: [['slack:default/C0123ABC']],
    }),
    source: sourceField.optional(),
    reference: referenceField.optional(),
    traceId: traceIdSchema.optional(),
    sentBy: z
      .string()
      .optional()
      .meta({
        description: 'The name of the key, or of the person, that sent the message.',
        examples: ['ci'],
      }),
    conversation: z
      .object({
        key: z
          .string()
          .meta({ description: 'The key of the conversation.', examples: ['pagerduty:PABC123'] }),
        at: timestamp.meta({
          description: 'The time of the event at its source, or of its acceptance.',
          examples: ['2026-11-23T12:00:00.000Z'],
        }),
        rank: z.int().meta({
          description: 'The order of messages with the same `at`: the highest is the newest.',
          examples: [0],
        }),
      })
      .optional()
      .meta({
        description:
          'The conversation that the message belongs to. It is also present if the route of an event switches conversations off, so that its posts take no part in one.',
      }),
    acceptedAt: timestamp.meta({
      description: 'The time at which the message was accepted.',
      examples: ['2026-11-23T12:00:00.000Z'],
    }),
    closedAt: timestamp.optional().meta({
      description: 'The time at which the message reached its final status.',
      examples: ['2026-11-23T12:00:01.000Z'],
    }),
    deadLetters: z
      .array(deadLetterSchema)
      .meta({ description: 'The deliveries of the message that need a decision.' }),
    unreadable: z
      .string()
      .optional()
      .meta({
        description:
          'The reason why the content of the message can’t be decrypted, with the remedy. Present only then: what Temporal keeps encrypted is then missing from this entry.',
        examples: [
          'Its content is encrypted with the key k1, which this installation doesn’t have. Add the key under encryption.keys.',
        ],
      }),
    names: namesField.optional(),
  })
  .meta({ id: 'MessageSummary', description: 'A message, as a list shows it.' });

const operatorActionSchema = z
  .object({
    action: z.enum(['retry', 'discard', 'cancel', 'reschedule']).meta({
      description: 'The decision that the person made.',
      examples: ['retry'],
    }),
    at: timestamp.meta({
      description: 'The time of the decision.',
      examples: ['2026-11-23T12:10:00.000Z'],
    }),
    by: deciderField.optional(),
    claimedBy: claimedByField.optional(),
    reason: rationaleField.optional(),
    destination: z
      .string()
      .optional()
      .meta({
        description: 'The destination that the decision is limited to.',
        examples: ['slack:default/C0123ABC'],
      }),
    parkedBy: timestamp.optional().meta({
      description:
        'The time of a bulk decision. It applies only to what was dead-lettered at or before this time.',
      examples: ['2026-11-23T12:10:00.000Z'],
    }),
    ...newTimes,
  })
  .meta({ id: 'OperatorAction', description: 'A decision of a person on a message.' });

export const messageStateSchema = messageSummarySchema
  .extend({
    explanation: z.string().meta({
      description: 'The status, its cause and the next step, in plain words.',
      examples: ['Confirmed at 12:00:01 by every destination.'],
    }),
    deliveries: z
      .array(deliverySchema)
      .meta({ description: 'One delivery for each destination, fallbacks included.' }),
    operatorActions: z
      .array(operatorActionSchema)
      .meta({ description: 'The decisions of people on this message, oldest first.' }),
    deliverAt: z
      .string()
      .optional()
      .meta({
        description: 'The earliest time at which the message is posted.',
        examples: ['2026-11-23T12:00:00Z'],
      }),
    expiresAt: z
      .string()
      .optional()
      .meta({
        description: 'The time after which the message is no longer posted.',
        examples: ['2026-11-23T18:00:00Z'],
      }),
    shows: z
      .object({
        keys: z.array(z.string()).meta({
          description: 'The keys of the first events, at most ten.',
          examples: [['prometheus:a1b2', 'prometheus:c3d4']],
        }),
        count: z.int().meta({ description: 'The number of events.', examples: [2] }),
      })
      .optional()
      .meta({
        description:
          'The events that the message shows together. Present for the message of a group.',
        examples: [{ keys: ['prometheus:a1b2', 'prometheus:c3d4'], count: 2 }],
      }),
    contentUntil: timestamp.optional().meta({
      description:
        'The time at which the content is erased, and after which the message is not posted. Present if `contentRetention` applies to the message.',
      examples: ['2026-12-24T00:00:00.000Z'],
    }),
    contentErased: z
      .object({
        because: erasureCause,
        at: timestamp.meta({
          description: 'The time of the erasure.',
          examples: ['2026-12-24T00:00:00.000Z'],
        }),
        by: deciderField.optional(),
        claimedBy: claimedByField.optional(),
        reason: rationaleField.optional(),
      })
      .optional()
      .meta({
        description:
          'The erasure of the content. Present once nobody can read the content any more.',
        examples: [{ because: 'retention', at: '2026-12-24T00:00:00.000Z' }],
      }),
    failure: z
      .string()
      .optional()
      .meta({
        description: 'The failure that the workflow ended with, if it was not confirmed.',
        examples: ['Discarded by Ada Lovelace: the incident is resolved'],
      }),
    links: messageLinksSchema,
  })
  .meta({
    id: 'MessageState',
    description: 'A message with its deliveries, their attempts and people’s decisions.',
  });

export const queuedMessageSchema = z
  .object({
    deduplicationKey: messageStateSchema.shape.deduplicationKey,
    status: queuedSchema,
    queue: z
      .string()
      .meta({ description: 'The name of the queue in the configuration.', examples: ['main'] }),
    queuedAt: timestamp.meta({
      description: 'The time at which this API process wrote the message to the queue.',
      examples: ['2026-11-23T12:00:00.000Z'],
    }),
    explanation: messageStateSchema.shape.explanation,
    deliveries: z
      .array(deliverySchema)
      .max(0)
      .meta({ description: 'Empty: nothing is delivered before the message is accepted.' }),
    links: messageLinksSchema,
  })
  .meta({
    id: 'QueuedMessage',
    description: 'A message that is in the queue of `intake` and was not accepted yet.',
  });

export const messagePageSchema = z
  .object({
    messages: z
      .array(messageSummarySchema)
      .meta({ description: 'The messages of this page, newest first.' }),
    cursor: z
      .string()
      .optional()
      .meta({
        description: 'The value of the parameter `cursor` for the next page. Absent on the last.',
        examples: [CURSOR_EXAMPLE],
      }),
  })
  .meta({ id: 'MessagePage', description: 'One page of a list of messages.' });

export const erasedMessageSchema = z
  .object({
    deduplicationKey: z.string().meta({
      description: 'The key of the message that was erased.',
      examples: ['pagerduty-55-triggered'],
    }),
    action: z.literal('erase').meta({ description: 'The name of the act.', examples: ['erase'] }),
    erased: z.enum(['content', 'all']).meta({
      description: 'The part of the message that was erased.',
      examples: ['content'],
    }),
    because: erasureCause,
    at: timestamp.meta({
      description: 'The time of the erasure, which may have been before this request.',
      examples: ['2026-11-26T12:00:00.000Z'],
    }),
    by: deciderField.optional(),
    claimedBy: claimedByField.optional(),
    remains: z.array(z.string()).meta({
      description:
        'The places at which copies of the content may remain that sendproof can’t erase.',
      examples: [['The posts at its destinations.']],
    }),
    links: messageLinksSchema,
  })
  .meta({ id: 'ErasedMessage', description: 'An erasure of one message.' });

export const decisionSchema = z
  .object({
    deduplicationKey: z.string().meta({
      description: 'The key of the message that the decision is about.',
      examples: ['pagerduty-55-triggered'],
    }),
    action: z.enum(['retry', 'discard', 'cancel']).meta({
      description: 'The decision that was accepted.',
      examples: ['retry'],
    }),
    destinations: z.array(z.string()).meta({
      description: 'The destinations of the deliveries that the decision applies to.',
      examples: [['slack:default/C0123ABC']],
    }),
    links: messageLinksSchema,
  })
  .meta({ id: 'Decision', description: 'A decision on one message that was accepted.' });
