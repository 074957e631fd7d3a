import { z } from 'zod';
import { DeliveryError, type Receipt } from '../../domain/delivery.js';
import { secureUrl } from '../../http/endpoint.js';
import { parseJson, permanent, unexpectedAnswer, withoutPosting } from '../../http/failure.js';
import { createTransport, type HttpAnswer, type Transport } from '../../http/transport.js';
import { ConfigurationError } from '../../lib/configurationError.js';
import type { DestinationAdapter, Edit, Layout, Post, Show } from '../destination.js';
import { discordFailure, PLATFORM, type Purpose } from '../discord/failures.js';
import { discordMentions, NOBODY } from '../discord/mentions.js';
import { receivedMessage, USER_AGENT } from '../discord/message.js';
import { isSnowflake } from '../discord/path.js';
import { markOf, nonceOf } from '../discord/postMark.js';
import { renderForDiscord } from '../discord/render.js';
import { RouteLimits } from '../discord/routeLimits.js';
import type { MentionPolicy } from '../mentionPolicy.js';
import { webhookNotConfigured } from '../namedWebhooks.js';
import { assertWellFormed } from '../wellFormed.js';
import type { DiscordWebhookAccount } from './account.js';

/** Throws a ConfigurationError where a webhook's URL can't be read or used. */
export function createDiscordWebhookAdapter(account: DiscordWebhookAccount): DestinationAdapter {
  const webhooks = Object.entries(account.webhooks).map(
    ([name, url]) => [name, webhookOf(url.reveal(), name)] as const,
  );
  return new DiscordWebhookAdapter(
    new Map(webhooks),
    account.mentions,
    createTransport(PLATFORM, account.requestTimeout),
  );
}

/** Without `find`: a webhook can't list the posts of its channel, and knows no nonce. */
class DiscordWebhookAdapter implements DestinationAdapter {
  readonly #webhooks: ReadonlyMap<string, URL>;
  readonly #mentions: MentionPolicy | undefined;
  readonly #transport: Transport;
  readonly #limits = new RouteLimits();

  constructor(
    webhooks: ReadonlyMap<string, URL>,
    mentions: MentionPolicy | undefined,
    transport: Transport,
  ) {
    this.#webhooks = webhooks;
    this.#mentions = mentions;
    this.#transport = transport;
  }

  layout(message: Show): Layout {
    return { parts: 1, shortened: renderForDiscord(message, markOf(''), undefined).shortened };
  }

  async post(post: Post): Promise<Receipt> {
    assertWellFormed(post);
    const url = new URL(this.#urlOf(post.path));
    // Without it Discord answers 204 before the message is saved, and says nothing of it.
    url.searchParams.set('wait', 'true');
    const { allowed, line } = discordMentions(post.content.mentions, this.#mentions);
    const { message } = renderForDiscord(post, markOf(nonceOf(post)), line);
    const { answer, failure } = await this.#send('POST', url, post.path, 'post', {
      ...message,
      ...(message.content === '' && { content: undefined }),
      allowed_mentions: allowed,
    });
    return receivedMessage(answer, failure);
  }

  async edit(edit: Edit): Promise<Receipt> {
    assertWellFormed(edit);
    const url = new URL(this.#urlOf(edit.path));
    const id = edit.post.messageId ?? '';
    if (!isSnowflake(id)) throw noSuchPost();
    url.pathname += `/messages/${id}`;
    const { message, shortened } = renderForDiscord(edit, markOf(nonceOf(edit)), undefined);
    const { answer, failure } = await this.#send('PATCH', url, edit.path, 'edit', {
      ...message,
      allowed_mentions: NOBODY,
    });
    return { ...receivedMessage(answer, failure), ...(shortened && { shortened }) };
  }

  /** Reads each webhook, which its URL is enough for. Rejects with what is wrong with the first that doesn’t answer. */
  async check(): Promise<{ identity: string }> {
    const webhooks = await Promise.all(
      [...this.#webhooks].map(
        async ([name, url]) => `${name} (${await this.#describe(url, name)})`,
      ),
    );
    return { identity: `webhooks ${webhooks.join(', ')}` };
  }

  /** https://docs.discord.com/developers/resources/webhook#get-webhook-with-token */
  async #describe(webhook: URL, name: string): Promise<string> {
    const url = new URL(webhook);
    url.search = '';
    const reading = withoutPosting(PLATFORM, async () => {
      const { answer, failure } = await this.#send('GET', url, name, 'read');
      if (failure) throw failure;
      const read = webhookSchema.safeParse(parseJson(answer.body)).data;
      if (read) return `of the channel ${read.channel_id}`;
      throw unexpectedAnswer(PLATFORM, 'a success without a webhook', 200);
    });
    return await reading.catch((error: unknown) => {
      throw error instanceof DeliveryError ? ofWebhook(name, error) : error;
    });
  }

  #urlOf(name: string): URL {
    const url = this.#webhooks.get(name);
    if (!url) throw webhookNotConfigured(name);
    return url;
  }

  async #send(
    method: 'GET' | 'POST' | 'PATCH',
    url: URL,
    name: string,
    purpose: Purpose,
    body?: object,
  ): Promise<{ answer: HttpAnswer; failure: DeliveryError | undefined }> {
    const route = `${purpose} ${name}`;
    this.#limits.assertOpen(route, purpose === 'edit');
    const answer = await this.#transport({
      method,
      url,
      headers: {
        accept: 'application/json',
        ...(body && { 'content-type': 'application/json; charset=utf-8' }),
        'user-agent': USER_AGENT,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const failure = discordFailure(answer, purpose, 'webhook');
    this.#limits.record(route, answer, failure);
    return { answer, failure };
  }
}

const webhookSchema = z.object({ channel_id: z.string().refine(isSnowflake) });

function ofWebhook(name: string, failure: DeliveryError): DeliveryError {
  return new DeliveryError(`The webhook ${name}: ${failure.message}`, failure);
}

function noSuchPost(): DeliveryError {
  return new DeliveryError(
    'The receipt of the post has no id of a message of Discord: nothing was sent.',
    permanent('post_not_found'),
  );
}

/** @throws ConfigurationError that doesn't contain the URL */
function webhookOf(text: string, name: string): URL {
  const what = `The URL of the webhook "${name}"`;
  const url = secureUrl(text, what);
  url.pathname = url.pathname
    .replace(/\/(?:slack|github)?$/, '')
    // Without a version Discord takes its oldest.
    .replace(/\/api(?:\/v\d+)?\/webhooks\//, '/api/v10/webhooks/');
  url.hash = '';
  if (/\/api\/v10\/webhooks\/\d+\/[A-Za-z0-9_-]+$/.test(url.pathname)) return url;
  throw new ConfigurationError(
    `${what} is not one of Discord: copy it whole, as https://discord.com/api/webhooks/<id>/<token>.`,
  );
}
