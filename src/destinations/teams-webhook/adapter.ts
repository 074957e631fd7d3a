import { DeliveryError, type Receipt } from '../../domain/delivery.js';
import type { DestinationAdapter, Layout, Post, Show } from '../destination.js';
import { secureUrl } from '../../http/endpoint.js';
import { permanent } from '../../http/failure.js';
import { createTransport, type Transport } from '../../http/transport.js';
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
    const names = [...this.#urls.keys()].join(', ');
    return Promise.resolve({
      identity: `webhooks ${names} (not verified: a webhook can only be tested by posting)`,
    });
  }
}

function webhookNotConfigured(name: string): DeliveryError {
  return new DeliveryError(
    `The account has no webhook "${name}": add it to the worker’s configuration, then retry.`,
    permanent('destination_not_found'),
  );
}
