import type { Receipt } from '../../domain/delivery.js';
import type { DestinationAdapter, Layout, Post, Show } from '../destination.js';
import { secureUrl } from '../../http/endpoint.js';
import { createTransport, type Transport } from '../../http/transport.js';
import { unverifiedWebhooks, webhookNotConfigured } from '../namedWebhooks.js';
import { assertWellFormed } from '../wellFormed.js';
import type { TeamsWebhookAccount } from './account.js';
import { webhookFailure } from './failures.js';
import { renderForTeamsWebhook } from './render.js';

/** Throws a ConfigurationError where a webhook's URL can't be read or used. */
export function createTeamsWebhookAdapter(account: TeamsWebhookAccount): DestinationAdapter {
  const urls = Object.entries(account.webhooks).map(
    ([name, url]) => [name, secureUrl(url.reveal(), `The URL of the webhook "${name}"`)] as const,
  );
  return new TeamsWebhookAdapter(
    new Map(urls),
    createTransport('the Teams webhook', account.requestTimeout),
  );
}

/** Without `find`: posts made through a webhook can't be searched for. */
class TeamsWebhookAdapter implements DestinationAdapter {
  readonly #urls: ReadonlyMap<string, URL>;
  readonly #transport: Transport;

  constructor(urls: ReadonlyMap<string, URL>, transport: Transport) {
    this.#urls = urls;
    this.#transport = transport;
  }

  layout(message: Show): Layout {
    return { parts: 1, shortened: renderForTeamsWebhook(message, '').shortened };
  }

  /** The receipt is empty: a workflow confirms that it accepted the card, and returns nothing about its post. */
  async post(post: Post): Promise<Receipt> {
    assertWellFormed(post);
    const { deliveryId, path } = post;
    const url = this.#urls.get(path);
    if (!url) throw webhookNotConfigured(path);
    const answer = await this.#transport({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json' },
      body: renderForTeamsWebhook(post, deliveryId).body,
    });
    const failure = webhookFailure(answer);
    if (failure) throw failure;
    return {};
  }

  check(): Promise<{ identity: string }> {
    return Promise.resolve(unverifiedWebhooks(this.#urls.keys()));
  }
}
