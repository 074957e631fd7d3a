/** `rateLimit` of `sendproof.yaml`: how many requests a caller may make. */
import { z } from 'zod';
import { durationUpTo } from '../lib/duration.js';
import type { Rate } from '../lib/tokenBucket.js';

const MOST_REQUESTS = 1_000_000;
const SHORTEST_PERIOD_MS = 1_000;

const requests = z.int().min(1).max(MOST_REQUESTS);

export const rateLimitSchema = z
  .strictObject({
    requests,
    per: durationUpTo('1h')
      .refine((each) => each >= SHORTEST_PERIOD_MS, { error: 'must be at least 1s' })
      .prefault('1s'),
    /** So many at once, after a time without any; as many as `requests` where it is left out. */
    burst: requests.optional(),
  })
  .transform(({ burst, per, requests }): Rate => ({
    burst: burst ?? requests,
    perSecond: requests / (per / 1_000),
  }));
