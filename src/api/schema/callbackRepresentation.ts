/** The body of a callback, for the OpenAPI document: what a receiver can count on. */
import { z } from 'zod';
import { ACKNOWLEDGEMENT_EVENTS, type Acknowledgement } from '../../domain/acknowledgement.js';
import { deduplicationKeySchema } from '../../domain/message.js';
import {
  deliveryStatusSchema,
  reasonSchema,
  receiptSchema,
  statusSchema,
  timestamp,
  traceIdSchema,
} from './representations.js';
import { destinationSchema } from '../../domain/destination.js';

export const acknowledgementSchema = z
  .object({
    type: z.enum(ACKNOWLEDGEMENT_EVENTS),
    timestamp: timestamp.meta({ description: 'When it happened, not when it was told.' }),
    data: z.object({
      summary: z.string().meta({ examples: ['Delivery Status: Confirmed'] }),
      deduplicationKey: deduplicationKeySchema,
      status: statusSchema,
      source: z.string().optional(),
      reference: z.string().optional(),
      traceId: traceIdSchema,
      deliveries: z.array(
        z.object({
          destination: destinationSchema,
          status: deliveryStatusSchema,
          receipt: receiptSchema.optional(),
          reason: reasonSchema.optional(),
        }),
      ),
      destination: destinationSchema
        .optional()
        .meta({ description: 'The one that was dead-lettered or retried.' }),
      by: z.string().optional().meta({ description: 'Who retried or discarded.' }),
      why: z.string().optional().meta({ description: 'In that person’s words.' }),
    }),
  })
  .meta({ id: 'Acknowledgement' }) satisfies z.ZodType<Acknowledgement>;

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export const callbackHeaders = z.object({
  'webhook-id': z
    .string()
    .meta({ description: 'The same in every attempt: answer 2xx to one you have had.' }),
  'webhook-timestamp': z
    .string()
    .meta({ description: 'Of this attempt, in seconds since the epoch.' }),
  'webhook-signature': z
    .string()
    .meta({ description: '`v1,<base64>`, or several with spaces between them.' }),
});
