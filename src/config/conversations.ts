/** How long conversations last, and how long a message waits for another one of its conversation. */
import { z } from 'zod';
import { durationUpTo } from '../lib/duration.js';

export interface ConversationSettings {
  /** A conversation without a message for this time is forgotten: the next message is a new post. In milliseconds. */
  forgetAfterMs: number;
  /** A message waits at most this time for the first post of its conversation. In milliseconds. */
  patienceMs: number;
}

export const conversationsSchema = z
  .strictObject({
    forgetAfter: durationUpTo('366d').prefault('7d'),
    patience: durationUpTo('7d').prefault('10m'),
  })
  .prefault({});

export function conversationSettings({
  forgetAfter,
  patience,
}: z.output<typeof conversationsSchema>): ConversationSettings {
  return { forgetAfterMs: forgetAfter, patienceMs: patience };
}
