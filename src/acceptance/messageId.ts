/** The one way from the key of a message to the id of its workflow. */
import { createHash } from 'node:crypto';
import { isVisibleTo, tenantPrefix } from '../domain/tenant.js';
import type { Message } from '../domain/message.js';
import { utf8Length } from '../lib/text.js';

/** Temporal's `limit.maxIDLength` counts bytes, and some servers set it to 255. */
const ID_MAX_BYTES = 255;

/** Before the hash of a key that is too long. No key that a sender chooses begins so. */
const HASHED = 'sendproof/long/';

/**
 * The id for a key. Two tenants, or two keys, never have one id. A key that is too long with the tenant's name before it is
 * hashed. The id itself stands for itself, so that a link with it works for its tenant too.
 *
 * @param tenant undefined for who has none: the key is the id
 */
export function messageId(tenant: string | undefined, key: string): string {
  if (tenant === undefined || isVisibleTo(tenant, key)) return key;
  const prefix = tenantPrefix(tenant);
  if (utf8Length(prefix + key) <= ID_MAX_BYTES) return prefix + key;
  return `${prefix}${HASHED}${createHash('sha256').update(key).digest('base64url')}`;
}

/** The message with its ids in place of the keys that its sender knows. */
export function withIds<Sent extends Message>(message: Sent): Sent {
  const { conversation, deduplicationKey, partOf, tenant } = message;
  if (tenant === undefined) return message;
  return {
    ...message,
    deduplicationKey: messageId(tenant, deduplicationKey),
    ...(conversation && {
      conversation: { ...conversation, key: messageId(tenant, conversation.key) },
    }),
    ...(partOf && { partOf: { ...partOf, key: messageId(tenant, partOf.key) } }),
  };
}
