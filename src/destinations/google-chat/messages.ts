/** What the app and the webhooks of Google Chat have in common: the request that posts, and the message in its answer. */
import { z } from 'zod';
import type { Receipt } from '../../domain/delivery.js';
import { parseJson, unexpectedAnswer } from '../../http/failure.js';
import type { HttpAnswer } from '../../http/transport.js';
import type { Post } from '../destination.js';
import { PLATFORM } from './failures.js';
import { renderForGoogleChat } from './render.js';
import { requestIdsOf } from './requestIds.js';

/** A webhook's answer has these fields beside those of the request. */
const messageSchema = z.object({
  name: z.string().regex(/^spaces\/[^/\s]+\/messages\/[^/\s]+$/),
  thread: z.object({ name: z.string().min(1).optional() }).nullish(),
});

export interface CreateRequest {
  query: Record<string, string>;
  body: string;
  /** The post that it should answer has no known thread: it is posted by itself. */
  standsAlone: boolean;
}

/**
 * The same request for every attempt at a post: Google Chat makes one message of them all. An answer is in the thread of its
 * post, or fails.
 */
export function createRequest(post: Post, as: 'app' | 'webhook'): CreateRequest {
  const { message } = renderForGoogleChat(post, as);
  const thread = post.replyTo?.thread;
  return {
    query: {
      ...requestIdsOf(post),
      ...(thread !== undefined && { messageReplyOption: 'REPLY_MESSAGE_OR_FAIL' }),
    },
    body: JSON.stringify({ ...message, ...(thread !== undefined && { thread: { name: thread } }) }),
    standsAlone: post.replyTo !== undefined && thread === undefined,
  };
}

/** @throws DeliveryError where the answer, a success, doesn't have the name of a message */
export function receiptOf(answer: HttpAnswer): Receipt {
  const message = messageSchema.safeParse(parseJson(answer.body)).data;
  if (!message) {
    const what = 'a success without the name of a message';
    throw unexpectedAnswer(PLATFORM, what, answer.status, answer.retryAfterMs);
  }
  const thread = message.thread?.name;
  return { messageId: message.name, ...(thread !== undefined && { thread }) };
}
