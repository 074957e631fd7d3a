/**
 * A receiver of signed webhooks, as somebody's own service would be one: it verifies with the library of the Standard Webhooks
 * specification, and shows what it was sent once, however often that comes.
 */
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import type {
  Answer,
  ErrorAnswers,
  PlatformCall,
  PlatformRequest,
  SandboxState,
  SimulatedPlatform,
} from '../call.js';
import { decodeSegment } from '../pathSegment.js';
import { receivedSchema } from './received.js';

/** The prefix of the receivers' paths. */
export const RECEIVER_PREFIX = '/receivers/';

/** The same in every sandbox, and no secret. */
export const RECEIVER_SECRET = `whsec_${Buffer.from('sandbox-receiver-not-a-secret').toString('base64')}`;

export function simulateReceivers(state: SandboxState): SimulatedPlatform {
  return {
    platform: 'webhook',
    errorAnswers: ERROR_ANSWERS,

    parseRequest({ request, url, body }: PlatformRequest): PlatformCall {
      const path = decodeSegment(url.pathname.slice(RECEIVER_PREFIX.length));
      const headers = request.headers as Record<string, string>;
      return {
        operation: 'receive',
        path,
        posts: true,
        execute: () => receive(path, request.method ?? '', headers, body.toString('utf8')),
      };
    },
  };

  function receive(
    path: string,
    method: string,
    headers: Record<string, string>,
    body: string,
  ): Answer {
    if (!state.places.find('webhook', path)) return refusal(404, 'no such receiver');
    if (method !== 'POST') return refusal(405, 'only POST');
    let payload: unknown;
    try {
      payload = new Webhook(RECEIVER_SECRET).verify(body, headers);
    } catch (error) {
      if (error instanceof WebhookVerificationError) return refusal(401, error.message);
      return refusal(400, 'the body is not JSON');
    }
    const received = receivedSchema.safeParse(payload).data;
    if (!received) return refusal(422, 'the body is not a message');
    const id = headers['webhook-id'] ?? '';
    if (state.posts.find('webhook', path, id)) return { status: 204 };
    const { content, deliveryId } = received.data;
    const post = state.posts.add({
      platform: 'webhook',
      path,
      id,
      text: [content.title, content.text].filter(Boolean).join('\n'),
      deliveryId,
      postedAt: Math.floor(state.posts.nextId() / 1000),
      content: { kind: 'received', ...received },
    });
    return { status: 204, post };
  }
}

function refusal(status: number, error: string): Answer {
  return { status, body: { error }, error };
}

const ERROR_ANSWERS: ErrorAnswers = {
  rateLimited: (retryAfter) => ({
    ...refusal(429, 'too many requests'),
    ...(retryAfter !== undefined && { headers: { 'retry-after': retryAfter } }),
  }),
  revokedToken: () => refusal(401, 'No matching signature found'),
  httpError: (status) => refusal(status, 'a fault of the sandbox'),
};
