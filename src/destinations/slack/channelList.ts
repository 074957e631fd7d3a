/** The workspace's channels by name. Slack can't look up one name, so all channels are listed, and kept for a while. */
import type { WebClient } from '@slack/web-api';
import { DeliveryError } from '../../domain/delivery.js';
import { transient } from '../../http/failure.js';
import { incomplete, lookUp } from './lookUp.js';

export interface ListedChannel {
  id: string;
  isArchived: boolean;
}

/** How long a name is taken to mean the same channel. */
const LIFE_MS = 10 * 60_000;

/** How long a name that is not in the list is taken not to exist, so that a new channel is soon known. */
const MISSING_LIFE_MS = 30_000;

/** The largest page is below 1,000: https://docs.slack.dev/reference/methods/conversations.list */
const PAGE_SIZE = 999;

interface Listing {
  startedAt: number;
  channels: Map<string, ListedChannel[]>;
  /** Of the next page; undefined once the list is complete. */
  cursor: string | undefined;
}

export class ChannelList {
  readonly #client: WebClient;
  readonly #timeLimitMs: number;
  readonly #now: () => number;
  #types = 'public_channel,private_channel';
  #complete: Listing | undefined;
  /** A list that is begun and not complete, so that the next attempt continues it. */
  #begun: Listing | undefined;
  #running: Promise<Listing> | undefined;

  /** @param now the monotonic clock, in milliseconds */
  constructor(client: WebClient, timeLimitMs: number, now: () => number) {
    this.#client = client;
    this.#timeLimitMs = timeLimitMs;
    this.#now = now;
  }

  /** All channels of this name. Rejects only with DeliveryError, never an ambiguous one. */
  async named(name: string): Promise<readonly ListedChannel[]> {
    const known = this.#complete;
    if (known) {
      const channels = known.channels.get(name);
      const life = channels ? LIFE_MS : MISSING_LIFE_MS;
      if (this.#now() - known.startedAt < life) return channels ?? [];
    }
    return (await this.#list()).channels.get(name) ?? [];
  }

  /** The next look-up lists the channels again. */
  forget(): void {
    this.#complete = undefined;
  }

  /** Attempts that need the list at the same time share it. */
  #list(): Promise<Listing> {
    this.#running ??= this.#readPages().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #readPages(): Promise<Listing> {
    const began = this.#now();
    const isRecent = this.#begun && began - this.#begun.startedAt < LIFE_MS;
    const listing: Listing =
      this.#begun && isRecent ? this.#begun : { startedAt: began, channels: new Map(), cursor: '' };
    this.#begun = listing;
    while (listing.cursor !== undefined) {
      if (this.#now() - began > this.#timeLimitMs) throw tooSlow();
      await this.#readPage(listing);
    }
    this.#begun = undefined;
    this.#complete = listing;
    return listing;
  }

  async #readPage(listing: Listing): Promise<void> {
    const { cursor = '' } = listing;
    const page = await lookUp(() =>
      this.#client.conversations.list({
        types: this.#types,
        limit: PAGE_SIZE,
        ...(cursor !== '' && { cursor }),
      }),
    ).catch((error: unknown) => {
      if (!(error instanceof DeliveryError)) throw error;
      if (error.platformCode === 'missing_scope' && this.#types !== 'public_channel') {
        this.#types = 'public_channel';
        return undefined;
      }
      if (error.outcome === 'permanent') this.#begun = undefined;
      throw error;
    });
    if (!page) return;
    if (!Array.isArray(page.channels)) {
      throw incomplete('a list of channels without channels');
    }
    for (const { id, is_archived: isArchived = false, name } of page.channels) {
      if (id === undefined || name === undefined) continue;
      const channels = listing.channels.get(name) ?? [];
      if (channels.some((channel) => channel.id === id)) continue;
      listing.channels.set(name, [...channels, { id, isArchived }]);
    }
    const next = page.response_metadata?.next_cursor;
    listing.cursor = next === '' || next === cursor ? undefined : next;
  }
}

function tooSlow(): DeliveryError {
  return new DeliveryError(
    'The channels of the workspace could not all be listed within the time limit: the next attempt continues the list.',
    transient('timeout'),
  );
}
