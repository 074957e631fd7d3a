/**
 * What Discord's answers say of its rate limits, kept so that no request is made that would be refused: refused requests count
 * towards a ban of the whole address. https://docs.discord.com/developers/topics/rate-limits
 */
import { DeliveryError } from '../../domain/delivery.js';
import { transient } from '../../http/failure.js';
import type { HttpAnswer } from '../../http/transport.js';
import { CLOUDFLARE_BAN, PLATFORM } from './failures.js';

/** So that many channels that were used once don't fill the memory. */
const ROUTES_KEPT = 10_000;

export class RouteLimits {
  /** Until when a route takes no request, in milliseconds of the monotonic clock. */
  readonly #until = new Map<string, number>();
  #allUntil = 0;
  readonly #now: () => number;

  /** @param now the monotonic clock, in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @throws DeliveryError `rate_limited` where the route takes no request yet */
  assertOpen(route: string, separateLimit: boolean): void {
    const until = Math.max(this.#until.get(route) ?? 0, this.#allUntil);
    const retryAfterMs = Math.ceil(until - this.#now());
    if (retryAfterMs <= 0) return;
    throw new DeliveryError(`${PLATFORM}’s rate limit is used up for now: nothing was sent.`, {
      ...transient('rate_limited'),
      retryAfterMs,
      separateLimit,
    });
  }

  /** @param failure of the answer; undefined for a success */
  record(route: string, { headers }: HttpAnswer, failure: DeliveryError | undefined): void {
    if (failure?.reason === 'rate_limited') {
      const until = this.#now() + (failure.retryAfterMs ?? 0);
      if (concernsAll(headers, failure)) this.#allUntil = Math.max(this.#allUntil, until);
      else this.#close(route, until);
      return;
    }
    if (headers['x-ratelimit-remaining'] !== '0') return;
    const seconds = Number(headers['x-ratelimit-reset-after'] ?? '');
    // The longest window that Discord is known to have is an hour.
    if (seconds > 0 && seconds <= 3_600) this.#close(route, this.#now() + seconds * 1_000);
  }

  #close(route: string, until: number): void {
    if (this.#until.size >= ROUTES_KEPT) {
      const [oldest] = this.#until.keys();
      if (oldest !== undefined) this.#until.delete(oldest);
    }
    this.#until.set(route, until);
  }
}

/** The limit of the bot, or Cloudflare's of this machine's address. */
function concernsAll(
  headers: HttpAnswer['headers'],
  { platformCode }: Pick<DeliveryError, 'platformCode'>,
): boolean {
  return (
    headers['x-ratelimit-global'] === 'true' ||
    headers['x-ratelimit-scope'] === 'global' ||
    platformCode === CLOUDFLARE_BAN
  );
}
