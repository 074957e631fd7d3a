/** What the API says of a key that Temporal doesn't know while batches are being started: their messages have no workflow yet. */
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { joinWithAnd } from '../explanation/joinWithAnd.js';
import { openBatches } from '../store/batches.js';
import { ownForm } from '../domain/tenant.js';
import type { Asker } from './findMessage.js';

/** How many batches are named. */
const MOST_NAMED = 3;

/** A sentence; undefined where no batch is being started, and where that can't be asked. One call to Temporal. */
export async function explainMaybeInBatch(
  client: Client,
  log: Logger,
  { tenant }: Asker,
): Promise<string | undefined> {
  const ids = await openBatches(client, MOST_NAMED + 1, tenant).catch((error: unknown) => {
    log.debug({ err: error }, 'The open batches can’t be asked for');
    return [];
  });
  if (ids.length === 0) return undefined;
  const named = ids.slice(0, MOST_NAMED).map((id) => `“${ownForm(tenant, id)}”`);
  if (ids.length > MOST_NAMED) {
    return `It may also wait in a batch that is being started, as ${joinWithAnd(named)} and others: GET /v1/batches/{id} has their messages.`;
  }
  const where =
    named.length === 1
      ? `the batch ${joinWithAnd(named)}, which is being started`
      : `one of the batches ${joinWithAnd(named)}, which are being started`;
  return `It may also wait in ${where}: GET /v1/batches/{id} has the messages.`;
}
