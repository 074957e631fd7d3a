/** The ids of channels and people that are named: `#ops`, `@ana@example.com`. */
import type { WebClient } from '@slack/web-api';
import { DeliveryError } from '../../domain/delivery.js';
import { permanent, type Failure } from '../../http/failure.js';
import { ExpiringMap } from '../../lib/expiringMap.js';
import { ChannelList } from './channelList.js';
import { incomplete, lookUp } from './lookUp.js';

/** Slack's names are of small letters, digits, - and _; letters of other scripts have no capitals, or are small as well. */
const CHANNEL_NAME = /^#(?<name>[\p{Ll}\p{Lm}\p{Lo}\p{M}\p{N}_-]{1,80})$/u;
const PERSON = /^@(?<email>[^\s@/<>|"']{1,64}@[^\s@/<>|"']{1,100}\.[^\s@/<>|"'.]{2,63})$/u;

/** How long an e-mail address is taken to be the same person's, and for how many people. */
const LIFE_MS = 10 * 60_000;
const MOST_PEOPLE = 10_000;

/** Whether a path is the name of a channel or person, rather than an id. */
export function isName(path: string): boolean {
  return CHANNEL_NAME.test(path) || PERSON.test(path);
}

export class SlackNames {
  readonly #client: WebClient;
  readonly #channels: ChannelList;
  readonly #people: ExpiringMap<string>;
  readonly #directMessages: ExpiringMap<string>;

  /** @param now the monotonic clock, in milliseconds */
  constructor(client: WebClient, timeLimitMs: number, now: () => number = () => performance.now()) {
    this.#client = client;
    this.#channels = new ChannelList(client, timeLimitMs, now);
    this.#people = new ExpiringMap(LIFE_MS, MOST_PEOPLE, now);
    this.#directMessages = new ExpiringMap(LIFE_MS, MOST_PEOPLE, now);
  }

  /**
   * The id of the conversation: the path itself where that is one. Rejects only with DeliveryError, never an ambiguous one;
   * `destination_not_found` where nobody and nothing has the name, or more than one channel.
   */
  channelOf(path: string): Promise<string> {
    const name = CHANNEL_NAME.exec(path)?.groups?.name;
    if (name !== undefined) return this.#channelNamed(name);
    const email = PERSON.exec(path)?.groups?.email;
    return email === undefined ? Promise.resolve(path) : this.#directMessagesOf(email);
  }

  /** The next look-up asks Slack again. */
  forget(path: string): void {
    const email = PERSON.exec(path)?.groups?.email;
    if (email === undefined) this.#channels.forget();
    else {
      this.#people.delete(email);
      this.#directMessages.delete(email);
    }
  }

  /** The id of a person. Rejects as `channelOf` does. */
  async personOf(email: string): Promise<string> {
    const known = this.#people.get(email);
    if (known !== undefined) return known;
    const { user } = await lookUp(() => this.#client.users.lookupByEmail({ email })).catch(
      (error: unknown) => {
        throw isCode(error, 'users_not_found', 'user_not_found')
          ? refused(
              error,
              permanent('destination_not_found'),
              'nobody in this workspace has this e-mail address',
            )
          : error;
      },
    );
    if (user?.id === undefined) throw incomplete('a person without an id');
    if (user.deleted) {
      throw new DeliveryError(
        'The person with this e-mail address has been deactivated in Slack: send to somebody else.',
        permanent('destination_not_found'),
      );
    }
    this.#people.set(email, user.id);
    return user.id;
  }

  async #channelNamed(name: string): Promise<string> {
    const channels = await this.#channels.named(name);
    const usable = channels.filter(({ isArchived }) => !isArchived);
    const [channel, ...others] = usable;
    if (channel && others.length === 0) return channel.id;
    throw new DeliveryError(
      channel
        ? `Several channels are named #${name}: use the id of one (${usable.map(({ id }) => id).join(', ')}).`
        : channels.length > 0
          ? `The channel #${name} is archived: unarchive it, or send to another one.`
          : `The app sees no channel named #${name}: check the name, and invite the app where the channel is private (/invite; it also needs the scope groups:read).`,
      permanent('destination_not_found'),
    );
  }

  async #directMessagesOf(email: string): Promise<string> {
    const known = this.#directMessages.get(email);
    if (known !== undefined) return known;
    const users = await this.personOf(email);
    const { channel } = await lookUp(() => this.#client.conversations.open({ users }));
    if (channel?.id === undefined) throw incomplete('direct messages without an id');
    this.#directMessages.set(email, channel.id);
    return channel.id;
  }
}

function isCode(error: unknown, ...codes: string[]): error is DeliveryError {
  return error instanceof DeliveryError && codes.includes(error.platformCode ?? '');
}

function refused(error: DeliveryError, failure: Failure, why: string): DeliveryError {
  const { httpStatus, platformCode, retryAfterMs } = error;
  return new DeliveryError(`Slack answered ${platformCode ?? 'no'}: ${why}.`, {
    ...failure,
    httpStatus,
    platformCode,
    retryAfterMs,
  });
}
