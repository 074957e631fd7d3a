/** What the API says of a key that Temporal doesn't know while messages come through a queue. */
import type { z } from 'zod';
import { formatTime } from '../explanation/formatTime.js';
import { ownForm } from '../domain/tenant.js';
import type { Asker } from './findMessage.js';
import type { QueuedIntake } from './queuedIntake.js';
import type { queuedMessageSchema } from './schema/messageRepresentation.js';
import { messageLinks } from './schema/paths.js';

type KnownIntake = Pick<QueuedIntake, 'name' | 'queuedAt' | 'lag'>;

/** The message as it is known; undefined where this process has not queued it lately. */
export async function queuedMessageBody(
  intake: KnownIntake,
  id: string,
  basePath: string,
  { tenant }: Asker,
): Promise<z.infer<typeof queuedMessageSchema> | undefined> {
  const queuedAt = intake.queuedAt(id);
  if (!queuedAt) return undefined;
  const deduplicationKey = ownForm(tenant, id);
  // Most of what is in the queue may be of others.
  const explanation =
    tenant === undefined
      ? explainQueued(intake.name, queuedAt, await intake.lag(), new Date())
      : `${queuedSince(intake.name, queuedAt, new Date())}. It is accepted when its turn comes.`;
  return {
    deduplicationKey,
    status: 'queued',
    queue: intake.name,
    queuedAt: queuedAt.toISOString(),
    explanation,
    deliveries: [],
    links: messageLinks(deduplicationKey, basePath),
  };
}

export function explainQueued(
  queue: string,
  queuedAt: Date,
  lag: number | undefined,
  now: Date,
): string {
  const since = queuedSince(queue, queuedAt, now);
  if (lag === undefined) return `${since}, which can’t be asked now how much waits in it.`;
  if (lag > 0) {
    return `${since}, which has ${recordsOf(lag)} not settled. It is accepted when its turn comes.`;
  }
  return `${since}, in which nothing waits any more. It was just accepted, or it was refused: “sendproof ingest dead-letters list --queue ${queue}” shows what was refused, and why.`;
}

function queuedSince(queue: string, queuedAt: Date, now: Date): string {
  return `Queued since ${formatTime(queuedAt.toISOString(), now)} in the queue ${queue}`;
}

/** A queue may have what neither Temporal nor this process knows. */
export async function explainMaybeQueued(
  { lag, name }: KnownIntake,
  { tenant }: Asker,
): Promise<string> {
  if (tenant !== undefined) {
    return `It may also be in the queue ${name}: another process of the API has then queued it.`;
  }
  const waiting = await lag();
  if (waiting === 0) return `Nothing waits in the queue ${name}.`;
  const howMany = waiting === undefined ? '' : `, which has ${recordsOf(waiting)} not settled`;
  return `It may also be in the queue ${name}${howMany}: another process of the API has then queued it.`;
}

function recordsOf(count: number): string {
  return count === 1 ? '1 record that is' : `${count} records that are`;
}
