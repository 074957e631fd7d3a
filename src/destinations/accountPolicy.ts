import { z } from 'zod';
import { durationMs } from '../lib/duration.js';

/** Messages per second, or `off`. Temporal takes no rate below that of one an hour for more than a pause. */
const perSecond = z.union([
  z.literal('off'),
  z
    .number('must be a number of messages per second, or "off"')
    .min(1 / 3_600, 'must be at least one an hour (0.0003), or "off"')
    .max(100_000),
]);

/** How fast messages go out at most, in messages per second. */
export interface AccountLimits {
  /** To each channel, chat or webhook. */
  perDestination: number | 'off';
  /** Through the whole account. */
  perAccount: number | 'off';
}

/** What every account may set, whatever its platform. Spread into the platform's account schema. */
export const accountPolicyFields = {
  /** How long one request to the platform may take. */
  requestTimeout: durationMs.default(10_000),
  /** The name of a retry profile. */
  retry: z.string().default('default'),
  /** How fast messages go out, in messages per second; what is left out is the platform's default. */
  limits: z
    .strictObject({ perDestination: perSecond.optional(), perAccount: perSecond.optional() })
    .default({}),
};
export interface AccountPolicy {
  requestTimeout: number;
  retry: string;
  limits: { [Limit in keyof AccountLimits]?: AccountLimits[Limit] | undefined };
}
