/** What a receiver of webhooks is sent: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
import { z } from 'zod';

export const receivedSchema = z.object({
  type: z.literal('message'),
  data: z.looseObject({
    deduplicationKey: z.string().min(1),
    deliveryId: z.string().min(1),
    traceId: z.string(),
    content: z.object({
      text: z.string(),
      title: z.string().optional(),
      severity: z.string().optional(),
    }),
  }),
});
export type Received = z.infer<typeof receivedSchema>;
