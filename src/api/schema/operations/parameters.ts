/** Path parameters of several operations. */
import { z } from 'zod';
import { deduplicationKeySchema, readableKeySchema } from '../../../domain/message.js';
import { KEY, TRACE_ID } from '../examples.js';

/** For messages that a client sent. */
export const keyParameter = z.object({
  key: deduplicationKeySchema.meta({
    description: 'The deduplication key of the message.',
  }),
});

/** For any message, including the notices that sendproof sends itself. */
export const readKeyParameter = z.object({
  key: readableKeySchema.meta({
    description: 'The deduplication key of the message.',
    examples: [KEY],
  }),
});

export const traceHeaders = z.object({
  traceparent: z
    .string()
    .optional()
    .meta({
      description:
        'The W3C trace context that is continued. If it is not valid, or sent twice, a new trace begins.',
      examples: [`00-${TRACE_ID}-00f067aa0ba902b7-01`],
    }),
});
