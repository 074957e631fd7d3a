/** Path parameters of several operations. */
import { z } from 'zod';
import { deduplicationKeySchema, readableKeySchema } from '../../../domain/message.js';
import { KEY } from '../examples.js';

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
