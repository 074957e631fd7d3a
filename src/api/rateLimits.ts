/**
 * How many requests each caller may make. Every process counts by itself, in memory, since one that asked the others for each
 * request would be slower than what it protects.
 */
import type { RequestHandler } from 'express';
import type { Configuration } from '../config/configuration.js';
import { TokenBucket, type Rate } from '../lib/tokenBucket.js';
import { callerOf, type Caller } from './caller.js';
import { Problem } from './problem.js';

type Settings = Pick<Configuration, 'keys' | 'rateLimit'>;

/** Of callers who are people there may be many in a year. Those who have made no request lately need no bucket. */
const MOST_BUCKETS = 10_000;

/**
 * Refuses what a caller asks beyond its limit with 429, and tells it in the headers what is left, as the draft says:
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
export function limitRates(configuration: () => Settings): RequestHandler {
  const buckets = new Map<string, TokenBucket>();
  return (request, response, next) => {
    const caller = callerOf(request);
    const policy = policyOf(caller, configuration());
    if (!policy) {
      next();
      return;
    }
    const { name, rate } = policy;
    const taken = bucketOf(caller, rate, buckets).take();
    const { fullInSeconds, isAllowed, nextInSeconds, remaining } = taken;
    const windowSeconds = Math.max(1, Math.ceil(rate.burst / rate.perSecond));
    response.set({
      'RateLimit-Policy': `"${name}";q=${rate.burst};w=${windowSeconds}`,
      RateLimit: `"${name}";r=${remaining};t=${fullInSeconds}`,
    });
    if (isAllowed) {
      next();
      return;
    }
    throw new Problem(
      'too_many_requests',
      `This caller may make ${rate.burst} requests at once, and ${amount(rate.perSecond)} in a second after that. Send it again after the time in Retry-After: it was not looked at.`,
      { retryAfterSeconds: nextInSeconds },
    );
  };
}

/** The key's own limit, or the one for all that have none; undefined: as many as the caller wants. */
function policyOf(caller: Caller, settings: Settings): { name: string; rate: Rate } | undefined {
  const key =
    caller.kind === 'key' ? settings.keys.find(({ name }) => name === caller.name) : undefined;
  if (key?.rateLimit) return { name: 'key', rate: key.rateLimit };
  return settings.rateLimit && { name: 'default', rate: settings.rateLimit };
}

/** A bucket with another rate, after a change of the configuration, begins anew. */
function bucketOf(caller: Caller, rate: Rate, buckets: Map<string, TokenBucket>): TokenBucket {
  const id = `${caller.kind} ${caller.name}`;
  const known = buckets.get(id);
  if (known?.rate.burst === rate.burst && known.rate.perSecond === rate.perSecond) {
    return known;
  }
  if (buckets.size >= MOST_BUCKETS) {
    for (const [each, bucket] of buckets) if (bucket.isFull()) buckets.delete(each);
  }
  const bucket = new TokenBucket(rate);
  buckets.set(id, bucket);
  return bucket;
}

/** As `100`, or `0.25`. */
function amount(perSecond: number): string {
  return Number(perSecond.toPrecision(3)).toLocaleString('en', { maximumSignificantDigits: 3 });
}
