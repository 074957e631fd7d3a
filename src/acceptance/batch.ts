/** From the messages of a batch to a stored batch. */
import { createHash } from 'node:crypto';
import type { DeduplicationWindow } from '../config/configuration.js';
import { BATCH_PREFIX } from '../contract/names.js';
import type { BatchEntry } from '../domain/batch.js';
import { deduplicationKeySchema, type Message } from '../domain/message.js';
import { tenantPrefix } from '../domain/tenant.js';
import { utf8Length } from '../lib/text.js';
import type { BatchExecution } from '../store/batches.js';
import { deduplicationWindowMs } from './acceptMessage.js';
import { differingFields, fingerprint, identifyingFields } from './fingerprint.js';

/** Temporal's `limit.maxIDLength` counts bytes, and some servers set it to 255. */
const LONGEST_ID_BYTES = 255 - BATCH_PREFIX.length;

const HASHED = 'sha256-';

/**
 * The id of a batch, which is its key. A key that is too long, or that looks like a hash, is hashed; and without a key, what
 * identifies the messages is: the same messages are the same batch. Batches of two tenants are two.
 */
export function batchId(
  key: string | undefined,
  identity: string,
  tenant: string | undefined,
): string {
  const prefix = tenant === undefined ? '' : tenantPrefix(tenant);
  if (key === undefined) return prefix + HASHED + identity;
  const isPlain = utf8Length(prefix + key) <= LONGEST_ID_BYTES && !key.startsWith(HASHED);
  if (isPlain) return prefix + key;
  return prefix + HASHED + createHash('sha256').update(`key ${key}`).digest('base64url');
}

/** A hash of what identifies each message, in order. Two batches with the same one have the same messages. */
export function batchFingerprint(entries: readonly BatchEntry[]): string {
  const hash = createHash('sha256');
  for (const entry of entries) {
    hash.update(JSON.stringify('message' in entry ? identityOf(entry.message) : entry));
    hash.update('\n');
  }
  return hash.digest('base64url');
}

function identityOf(message: Message): unknown[] {
  return [message.deduplicationKey, identifyingFields(message)];
}

/**
 * How long a batch with the same key is the same batch: as long as each of its messages, sent again, is a duplicate. Later it is
 * a new batch, and each of its messages is compared by itself.
 */
export function batchWindowMs(window: DeduplicationWindow, entries: readonly BatchEntry[]): number {
  const windows = entries.flatMap((entry) =>
    'message' in entry ? [deduplicationWindowMs(window, entry.message)] : [],
  );
  return windows.reduce((shortest, each) => Math.min(shortest, each), window.defaultMs);
}

/** Whether a batch with this key is a new one: the window of the known one is over, or not all of it ever came. */
export function isReplaceable({ acceptedAt, closedAt, status }: BatchExecution, windowMs: number) {
  if (closedAt === undefined) return false;
  return status === 'incomplete' || Date.parse(acceptedAt) + windowMs < Date.now();
}

const MOST_DIFFERENCES = 20;

/** The fields in which the messages of a batch differ from those that its key was first used for. */
export function batchDifferences(
  first: readonly BatchEntry[],
  second: readonly BatchEntry[],
): string[] {
  const differences: string[] = first.length === second.length ? [] : ['messages'];
  for (const [index, entry] of second.entries()) {
    const known = first[index];
    if (!known) break;
    const place = `messages.${index}`;
    if (!('message' in entry) || !('message' in known)) {
      if (JSON.stringify(entry) !== JSON.stringify(known)) differences.push(place);
    } else if (entry.message.deduplicationKey !== known.message.deduplicationKey) {
      differences.push(`${place}.deduplicationKey`);
    } else {
      const fields = differingFields(fingerprint(known.message), fingerprint(entry.message));
      differences.push(...fields.map((field) => `${place}.${field}`));
    }
  }
  return differences.slice(0, MOST_DIFFERENCES);
}

/** The key of what is no message, where it has a usable one. */
export function keyOf(body: unknown): string | undefined {
  const { deduplicationKey } = (body ?? {}) as { deduplicationKey?: unknown };
  return deduplicationKeySchema.safeParse(deduplicationKey).data;
}
