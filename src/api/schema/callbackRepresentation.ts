/** The callback that a source receives: what a receiver can rely on. */
import { z } from 'zod';
import { ACKNOWLEDGEMENT_EVENTS, type Acknowledgement } from '../../domain/acknowledgement.js';
import { deduplicationKeySchema } from '../../domain/message.js';
import { PROBLEM_TYPES } from './problemTypes.js';
import {
  deciderField,
  deliveryStatusSchema,
  rationaleField,
  reasonSchema,
  referenceField,
  sourceField,
  statusSchema,
  timestamp,
  traceIdSchema,
} from './fields.js';
import { receiptSchema } from './messageRepresentation.js';
import { destinationSchema } from '../../domain/destination.js';

const acknowledgedDeliverySchema = z
  .object({
    destination: destinationSchema,
    status: deliveryStatusSchema,
    receipt: receiptSchema.optional(),
    reason: reasonSchema.optional(),
  })
  .meta({
    id: 'AcknowledgedDelivery',
    description: 'The state of the delivery to one destination at the time of the event.',
  });

export const acknowledgementSchema = z
  .object({
    type: z.enum(ACKNOWLEDGEMENT_EVENTS).meta({
      description: 'The event that happened.',
      examples: ['message.confirmed'],
    }),
    timestamp: timestamp.meta({
      description: 'The time of the event, which may be long before the time of the callback.',
      examples: ['2026-11-23T12:00:01.000Z'],
    }),
    data: z
      .object({
        summary: z.string().meta({
          description: 'The event in one line, for people.',
          examples: ['Delivery Status: Confirmed'],
        }),
        deduplicationKey: deduplicationKeySchema,
        status: z.union([statusSchema, z.literal('refused')]).meta({
          description:
            'The status of the message at the event. `refused`: it came through a queue and was not accepted.',
          examples: ['confirmed'],
        }),
        source: sourceField.optional(),
        reference: referenceField.optional(),
        traceId: traceIdSchema,
        deliveries: z
          .array(acknowledgedDeliverySchema)
          .meta({ description: 'The delivery to each destination.' }),
        destination: destinationSchema
          .optional()
          .meta({ description: 'The destination that was dead-lettered or retried.' }),
        by: deciderField.optional(),
        why: rationaleField.optional(),
        problem: z
          .enum(PROBLEM_TYPES)
          .optional()
          .meta({
            description: 'The reason why a queued message was refused, as the `type` of a problem.',
            examples: ['deduplication_key_reused'],
          }),
        fields: z
          .array(z.string())
          .optional()
          .meta({
            description: 'The fields because of which a queued message was refused.',
            examples: [['content.text']],
          }),
      })
      .meta({ description: 'The message that the event is about, without its content.' }),
  })
  .meta({
    id: 'Acknowledgement',
    description: 'An event in the life of a message, as its source receives it.',
  }) satisfies z.ZodType<Acknowledgement>;

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export const callbackHeaders = z.object({
  'webhook-id': z.string().meta({
    description:
      'The id of the callback, the same in every attempt. Answer 2xx to an id that you have already received.',
    examples: ['msg_0d5c6f7a-8b1e-4c39-9f0d-2a4b6c8d0e1f'],
  }),
  'webhook-timestamp': z.string().meta({
    description: 'The time of this attempt, in seconds since 1970-01-01 UTC.',
    examples: ['1795435201'],
  }),
  'webhook-signature': z.string().meta({
    description: 'One or more signatures `v1,<base64>`, separated by spaces.',
    examples: ['v1,MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY='],
  }),
});
