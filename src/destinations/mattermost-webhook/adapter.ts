import type { Receipt } from '../../domain/delivery.js';
import { secureUrl } from '../../http/endpoint.js';
import { createTransport, type Transport } from '../../http/transport.js';
import { ConfigurationError } from '../../lib/configurationError.js';
import type { DestinationAdapter, Layout, Post, Show } from '../destination.js';
import { mattermostFailure, PLATFORM } from '../mattermost/failures.js';
import { webhookMentionLine } from '../mattermost/mentions.js';
import { renderForMattermost } from '../mattermost/render.js';
import { unverifiedWebhooks, webhookNotConfigured } from '../namedWebhooks.js';
import { assertWellFormed } from '../wellFormed.js';
import type { MattermostWebhookAccount } from './account.js';

/** Throws a ConfigurationError where a webhook's URL can't be read or used. */
export function createMattermostWebhookAdapter(
  account: MattermostWebhookAccount,
): DestinationAdapter {
  const webhooks = Object.entries(account.webhooks).map(
    ([name, url]) => [name, webhookOf(url.reveal(), name)] as const,
  );
  return new MattermostWebhookAdapter(
    account,
    new Map(webhooks),
    createTransport(PLATFORM, account.requestTimeout),
  );
}

/** Without `find` and `edit`: a webhook can only post, and learns nothing of its post. */
class MattermostWebhookAdapter implements DestinationAdapter {
  readonly #account: MattermostWebhookAccount;
  readonly #webhooks: ReadonlyMap<string, URL>;
  readonly #transport: Transport;

  constructor(
    account: MattermostWebhookAccount,
    webhooks: ReadonlyMap<string, URL>,
    transport: Transport,
  ) {
    this.#account = account;
    this.#webhooks = webhooks;
    this.#transport = transport;
  }

  layout(message: Show): Layout {
    const { maxPostSize } = this.#account;
    return { parts: 1, shortened: renderForMattermost(message, maxPostSize, undefined).shortened };
  }

  /** The receipt is empty: the answer is the word ok. */
  async post(post: Post): Promise<Receipt> {
    assertWellFormed(post);
    const url = this.#webhooks.get(post.path);
    if (!url) throw webhookNotConfigured(post.path);
    const { maxPostSize, mentions } = this.#account;
    const line = webhookMentionLine(post.content.mentions, mentions);
    const answer = await this.#transport({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ text: renderForMattermost(post, maxPostSize, line).message }),
    });
    const failure = mattermostFailure(answer, 'webhook');
    if (failure) throw failure;
    return {};
  }

  check(): Promise<{ identity: string }> {
    return Promise.resolve(unverifiedWebhooks(this.#webhooks.keys()));
  }
}

/** @throws ConfigurationError that doesn't contain the URL */
function webhookOf(text: string, name: string): URL {
  const what = `The URL of the webhook "${name}"`;
  const url = secureUrl(text, what);
  if (/\/hooks\/[A-Za-z0-9]+\/?$/.test(url.pathname)) return url;
  throw new ConfigurationError(
    `${what} is not one of Mattermost: copy it whole, as https://mattermost.example.com/hooks/<key>.`,
  );
}
