import type { Client } from '@temporalio/client';
import { z } from 'zod';
import { readableKeySchema } from '../domain/message.js';
import { readMessageRecord, type RecordedMessage } from '../store/messageHistory.js';
import { parseRequest, Problem } from './problem.js';

/** The key of a message as it stands in a path; sendproof's own messages have keys that no sender may use. */
export function parseKey(key: string): string {
  return parseRequest(z.object({ key: readableKeySchema }), { key }).key;
}

/** Throws a Problem if there is no message with this key. */
export async function findMessage(client: Client, key: string): Promise<RecordedMessage> {
  const deduplicationKey = parseKey(key);
  const message = await readMessageRecord(client, deduplicationKey);
  if (message) return message;
  throw new Problem(
    'not_found',
    `No message with the key "${deduplicationKey}" is known: it was never accepted, or its retention has ended. Its timeline lists similar keys.`,
  );
}
