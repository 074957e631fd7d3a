/** What Temporal's tools and a codec server say to each other: protobuf's JSON of payloads. */
import { z } from 'zod';

/** The pattern is for readers of the document: a search for one wrong character takes no stack, however long the text is. */
const base64 = z
  .string()
  .refine((text) => !/[^A-Za-z0-9+/=_-]/.test(text), 'must be base64')
  .meta({ pattern: '^[A-Za-z0-9+/_-]*={0,2}$' });

const payloadSchema = z
  .object({
    metadata: z
      .record(z.string(), base64)
      .optional()
      .meta({
        description: 'The metadata of the payload: each value is base64.',
        examples: [{ encoding: 'anNvbi9wbGFpbg==' }],
      }),
    data: base64.optional().meta({
      description: 'The data of the payload as base64.',
      examples: ['ImRpc2sgZnVsbCI='],
    }),
  })
  .meta({ id: 'Payload', description: 'A payload of Temporal.' });

export const payloadsSchema = z
  .object({
    payloads: z
      .array(payloadSchema)
      .max(10_000)
      .meta({ description: 'The payloads, in their order.' }),
  })
  .meta({
    id: 'PayloadsBody',
    outputId: 'Payloads',
    description: 'Payloads, as codec servers take and return them.',
  });
