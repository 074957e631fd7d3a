import { z } from 'zod';
import { mentionPolicySchema, type MentionPolicy } from './mentionPolicy.js';
import { durationUpTo } from '../lib/duration.js';

/** Messages per second, or `off`. A rate below one message an hour is a mistake rather than a pace. */
const perSecond = z.union([
  z.literal('off'),
  z
    .number('must be a number of messages per second, or "off"')
    .min(1 / 3_600, 'must be at least one an hour (0.0003), or "off"')
    .max(100_000),
]);

/** The highest rates at which messages are sent, in messages per second. */
export interface AccountLimits {
  /** To each channel, chat or webhook. */
  perDestination: number | 'off';
  /** Through the whole account. */
  perAccount: number | 'off';
}

/** The settings that accounts of all platforms share. Spread into the platform's account schema. */
export const accountPolicyFields = {
  /** How long one request to the platform may take. */
  requestTimeout: durationUpTo('1h').default(10_000),
  /** The name of a retry profile. */
  retry: z.string().default('default'),
  /** How fast messages are sent, in messages per second. The default of each limit is the platform's. */
  limits: z
    .strictObject({ perDestination: perSecond.optional(), perAccount: perSecond.optional() })
    .default({}),
  /** Whom its messages may mention, by `content.mentions`: nobody by default. */
  mentions: mentionPolicySchema,
};
export interface AccountPolicy {
  requestTimeout: number;
  retry: string;
  limits: { [Limit in keyof AccountLimits]?: AccountLimits[Limit] | undefined };
  mentions?: MentionPolicy | undefined;
}
