/** The webhooks of an account, for platforms where each destination has a URL of its own, which is a secret. */
import { z } from 'zod';
import { DeliveryError } from '../domain/delivery.js';
import { permanent } from '../http/failure.js';
import { secret } from '../lib/secret.js';

/** The URLs by the names that destinations use for them. */
export const namedWebhooks = z
  .record(z.string().regex(/^[A-Za-z0-9_.-]+$/, 'may have letters, digits, _ . and -'), secret)
  .refine((webhooks) => Object.keys(webhooks).length > 0, {
    error: 'must name at least one webhook',
  });

interface WithWebhooks {
  webhooks: Record<string, unknown>;
}

/** As `pathPattern` of a platform. */
export function webhookNamePattern(account: WithWebhooks | undefined): string {
  if (account === undefined) return '[A-Za-z0-9_.-]{1,64}';
  const names = Object.keys(account.webhooks).map((name) => name.replaceAll('.', '\\.'));
  return `(?:${names.join('|')})`;
}

/** As `checkPath` of a platform. */
export function checkWebhookName(path: string, { webhooks }: WithWebhooks): string | undefined {
  return Object.hasOwn(webhooks, path)
    ? undefined
    : `the account has no webhook "${path}": configure it, or use one of ${Object.keys(webhooks).join(', ')}.`;
}

/** For a delivery whose webhook was removed from the configuration after the message was accepted. */
export function webhookNotConfigured(name: string): DeliveryError {
  return new DeliveryError(
    `The account has no webhook "${name}": add it to the worker’s configuration, then retry.`,
    permanent('destination_not_found'),
  );
}

/** What `check` says of an account whose credentials only a post can test. */
export function unverifiedWebhooks(names: Iterable<string>): { identity: string } {
  return {
    identity: `webhooks ${[...names].join(', ')} (not verified: a webhook can only be tested by posting)`,
  };
}
