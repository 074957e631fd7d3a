import type { Client } from '@temporalio/client';
import { z } from 'zod';
import { messageId } from '../acceptance/messageId.js';
import { readableKeySchema } from '../domain/message.js';
import { idInTenant, ownForm } from '../domain/tenant.js';
import { readMessageRecord, type RecordedMessage } from '../store/messageHistory.js';
import type { Caller } from './caller.js';
import { parseRequest, Problem } from './problem.js';

/** Who asks. A caller with a tenant can name nothing but what is the tenant's. */
export type Asker = Pick<Caller, 'tenant'>;

/** Who has proved to know the whole id, or may know all. */
export const ANY_TENANT: Asker = { tenant: undefined };

/** Text in a path; sendproof's own messages have keys that no sender may use. */
function parseText(key: string): string {
  return parseRequest(z.object({ key: readableKeySchema }), { key }).key;
}

/** The id of a message, for its key as it stands in a path. */
export function parseMessageId({ tenant }: Asker, key: string): string {
  return messageId(tenant, parseText(key));
}

/** The id of a batch, as it stands in a path. */
export function parseBatchId({ tenant }: Asker, given: string): string {
  return idInTenant(tenant, parseText(given));
}

/** Throws a Problem if the caller knows no message with this key. Its keys are whole ids: `named` shows it to the caller. */
export async function findMessage(
  client: Client,
  asker: Asker,
  key: string,
): Promise<RecordedMessage> {
  const id = parseMessageId(asker, key);
  const message = await readMessageRecord(client, id);
  if (message) return message;
  throw new Problem(
    'not_found',
    `No message with the key "${ownForm(asker.tenant, id)}" is known: it was never accepted, or its retention has ended. Its timeline lists similar keys.`,
  );
}
