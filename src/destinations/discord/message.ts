/** What the bot and the webhooks of Discord have in common: the message in an answer. */
import { z } from 'zod';
import type { DeliveryError, Receipt } from '../../domain/delivery.js';
import { parseJson, unexpectedAnswer } from '../../http/failure.js';
import type { HttpAnswer } from '../../http/transport.js';
import { PLATFORM } from './failures.js';
import { isSnowflake } from './path.js';

const snowflake = z.string().refine(isSnowflake);
const messageSchema = z.object({ id: snowflake, channel_id: snowflake });

/** Discord asks for the name, an address and a version of each client: https://docs.discord.com/developers/reference#user-agent */
export const USER_AGENT = 'DiscordBot (https://sendproof.example, 1)';

/**
 * The receipt of the message in the answer.
 *
 * @throws DeliveryError the failure, or one for a success without a message
 */
export function receivedMessage(answer: HttpAnswer, failure: DeliveryError | undefined): Receipt {
  if (failure) throw failure;
  const message = messageSchema.safeParse(parseJson(answer.body)).data;
  if (message) return { messageId: message.id, channel: message.channel_id };
  const what = 'a success without the ids of a message and its channel';
  throw unexpectedAnswer(PLATFORM, what, answer.status, answer.retryAfterMs);
}
