/** Acknowledgements in `sendproof.yaml`: the section `acknowledgements` and the settings of each source. */
import { z } from 'zod';
import type { RetryProfile } from '../domain/delivery.js';
import { secureUrl } from '../http/endpoint.js';
import { addressRangeSchema } from '../http/addressRangeSchema.js';
import { durationUpTo } from '../lib/duration.js';
import { acknowledgeSchema } from '../domain/message.js';
import {
  type SourceAcknowledgements,
  type AcknowledgementSettings,
  checkCallbackUrl,
} from '../acknowledgements/policy.js';
import { ConfigurationError } from '../lib/configurationError.js';
import { secret } from '../lib/secret.js';
import { own } from '../lib/own.js';

/** `hooks.example.com`, `hooks.example.com:8443`, or with plain http written out: `http://10.1.2.3:8080`. */
const allowedOrigin = z.string().transform((text, context) => {
  const url = text.includes('://') ? text : `https://${text}`;
  const { href, origin } = URL.canParse(url) ? new URL(url) : { href: '', origin: '' };
  if (/^https?:/.test(origin) && href === `${origin}/`) return origin;
  context.addIssue(
    `not a host: "${text}" (write hooks.example.com, hooks.example.com:8443, or http://… where it has no TLS)`,
  );
  return z.NEVER;
});

/** The name of the retry profile that acknowledgements use by default. */
export const ACKNOWLEDGEMENT_PROFILE = 'acknowledgement';

/** First after seconds, later hourly, for a day. */
export const ACKNOWLEDGEMENT_RETRY: RetryProfile = {
  initialDelayMs: 5_000,
  factor: 2,
  maximumDelayMs: 3_600_000,
  attempts: 100,
  giveUpAfterMs: 24 * 3_600_000,
};

export const acknowledgementsSchema = z
  .strictObject({
    secret: z.union([secret, z.array(secret).min(1).max(5)]).optional(),
    allowedHosts: z.array(allowedOrigin).default([]),
    allowPrivate: z.array(addressRangeSchema).default([]),
    retry: z.string().default(ACKNOWLEDGEMENT_PROFILE),
    // The specification recommends 15 to 30 s.
    requestTimeout: durationUpTo('1h').prefault('15s'),
  })
  .prefault({});

export const sourceAcknowledgementFields = {
  acknowledge: acknowledgeSchema.optional(),
  pagerduty: z
    .strictObject({
      token: secret,
      from: z.email('must be the e-mail address of a PagerDuty user'),
      apiUrl: z.string().default('https://api.pagerduty.com'),
    })
    .optional(),
};

/**
 * Throws a ConfigurationError if a source's default could never be acknowledged: no secret, a host that isn't allowed, a retry
 * profile that isn't defined.
 */
export function acknowledgementSettings(
  {
    secret: given,
    allowedHosts,
    allowPrivate,
    retry,
    requestTimeout,
  }: z.output<typeof acknowledgementsSchema>,
  sources: Record<string, SourceAcknowledgements>,
  retryProfiles: Record<string, RetryProfile>,
): AcknowledgementSettings {
  const profile = own(retryProfiles, retry);
  if (!profile) {
    throw new ConfigurationError(
      `acknowledgements.retry names the retry profile "${retry}", which is not defined under "retry" (defined: ${Object.keys(retryProfiles).join(', ')}).`,
    );
  }
  const callbacks = given && {
    secrets: Array.isArray(given) ? given : [given],
    allowedOrigins: allowedHosts,
    allowPrivate,
  };
  for (const [name, { acknowledge, pagerduty }] of Object.entries(sources)) {
    const fault = acknowledge && checkCallbackUrl(acknowledge.url, callbacks);
    if (fault !== undefined) {
      throw new ConfigurationError(`sources.${name}.acknowledge.url: ${fault}`);
    }
    if (pagerduty) secureUrl(pagerduty.apiUrl, `sources.${name}.pagerduty.apiUrl`);
  }
  return {
    callbacks,
    retry: profile,
    requestTimeoutMs: requestTimeout,
    bySource: Object.fromEntries(
      Object.entries(sources).map(([name, { acknowledge, pagerduty, tenant }]) => [
        name,
        { acknowledge, pagerduty, ...(tenant !== undefined && { tenant }) },
      ]),
    ),
  };
}
