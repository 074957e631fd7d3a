/** Teams Workflows webhooks: a URL that posts an Adaptive Card to a channel, and answers only 202. */
import { z } from 'zod';
import type {
  Answer,
  PlatformCall,
  PlatformRequest,
  SimulatedPlatform,
  SandboxState,
} from '../call.js';
import {
  GRAPH_ERROR_ANSWERS,
  GraphRefusal,
  notFound,
  refusalAnswer,
  tooManyRequests,
} from '../graph/errors.js';
import { MESSAGE_LIMIT_BYTES } from '../graph/messages.js';
import type { RateLimit } from '../limits.js';
import { decodeSegment } from '../pathSegment.js';
import { textOfCard } from './card.js';
import { cardSchema } from './cardSchema.js';

/** The prefix of the webhooks' paths. */
export const WEBHOOK_PREFIX = '/workflows/';
/** The signature in a webhook's URL. */
export const WEBHOOK_SIGNATURE = 'sandbox-signature';

/** https://learn.microsoft.com/connectors/teams/#limits and the incoming webhooks that came before it */
const PER_WEBHOOK: RateLimit = { burst: 4, perSecond: 4 };

const envelopeSchema = z.object({
  type: z.literal('message'),
  attachments: z
    .array(
      z.object({
        contentType: z.literal('application/vnd.microsoft.card.adaptive'),
        content: cardSchema,
      }),
    )
    .min(1),
});

export function simulateWebhooks(state: SandboxState): SimulatedPlatform {
  return {
    platform: 'teams-webhook',
    errorAnswers: {
      ...GRAPH_ERROR_ANSWERS,
      revokedToken: () => refusalAnswer(wrongSignature()),
    },

    parseRequest({ request, url, body }: PlatformRequest): PlatformCall {
      const path = decodeSegment(url.pathname.slice(WEBHOOK_PREFIX.length));
      return {
        operation: 'postCard',
        path,
        posts: true,
        execute: () => {
          try {
            return post(path, request.method ?? '', url.searchParams.get('sig'), body);
          } catch (error) {
            if (error instanceof GraphRefusal) return refusalAnswer(error);
            throw error;
          }
        },
      };
    },
  };

  function post(path: string, method: string, signature: string | null, body: Buffer): Answer {
    if (method !== 'POST') throw new GraphRefusal(405, 'MethodNotAllowed', 'Only POST is allowed.');
    if (signature !== WEBHOOK_SIGNATURE) throw wrongSignature();
    if (!state.places.find('teams-webhook', path)) throw notFound('The workflow');
    const waitSeconds =
      state.limiter?.take([{ key: `teams-webhook ${path}`, limit: PER_WEBHOOK }]) ?? 0;
    if (waitSeconds > 0) return tooManyRequests(String(waitSeconds));
    const card = cardOf(body);
    const microseconds = state.posts.nextId();
    return {
      status: 202,
      post: state.posts.add({
        platform: 'teams-webhook',
        path,
        id: String(microseconds),
        text: textOfCard(card),
        ...(typeof card.id === 'string' && { deliveryId: card.id }),
        postedAt: Math.floor(microseconds / 1000),
        content: { kind: 'card', card },
      }),
    };
  }
}

function wrongSignature(): GraphRefusal {
  return new GraphRefusal(
    401,
    'DirectApiAuthorizationRequired',
    'The request must be signed by the shared access scheme.',
  );
}

function cardOf(body: Buffer): Record<string, unknown> {
  if (body.length > MESSAGE_LIMIT_BYTES) {
    throw new GraphRefusal(413, 'RequestEntityTooLarge', 'The card is larger than Teams accepts.');
  }
  const envelope = envelopeSchema.safeParse(parseJson(body));
  const card = envelope.data?.attachments[0]?.content;
  if (card) return card;
  const [issue] = envelope.error?.issues ?? [];
  const where = issue === undefined ? '' : ` ${issue.path.join('.')}: ${issue.message}.`;
  throw new GraphRefusal(
    400,
    'TriggerInputSchemaMismatch',
    `The input body does not match the schema: it must be a message with an Adaptive Card.${where}`,
  );
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return undefined;
  }
}
