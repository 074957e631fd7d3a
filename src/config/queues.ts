/** `queues:` in `sendproof.yaml`: message queues that messages and events are taken from. */
import { z } from 'zod';
import { durationMs } from '../lib/duration.js';
import { nearest, remedy } from '../lib/nearest.js';
import { own } from '../lib/own.js';
import type { Queue, QueueContext } from '../queues/queue.js';
import { checkEntryNames, queueEntrySchema } from './queueEntry.js';
import { tenantSchema } from './tenants.js';

/** A queue as it is configured. Nothing is connected, and no library is loaded, before it is opened. */
export interface ConfiguredQueue {
  name: string;
  /** As `kafka`. */
  type: string;
  /** For people, as `the topic messages`. */
  place: string;
  /** The source whose requests the records are; undefined: they are messages. */
  source: string | undefined;
  /** Whose messages the records are; undefined: as each record says, if it is the queue of the intake. */
  tenant: string | undefined;
  /** How many records are being accepted at once. */
  inFlight: number;
  /** A message expires so long after its record was sent, in milliseconds; undefined: only if it says so itself. */
  maxAgeMs: number | undefined;
  open(context: Pick<QueueContext, 'log'>): Promise<Queue>;
}

/** As many calls as keep one Temporal frontend busy. */
const IN_FLIGHT = 100;
const MOST_IN_FLIGHT = 1_000;

/** Records in hand for each one that is being accepted: enough while the next are fetched. */
const IN_HAND = 10;

/** What a queue of any kind has. */
export const commonFields = z.object({
  source: z.string().min(1).optional(),
  tenant: tenantSchema.optional(),
  deadLetter: z.string().min(1).optional(),
  inFlight: z
    .int()
    .min(1)
    .max(MOST_IN_FLIGHT, `must be at most ${MOST_IN_FLIGHT}`)
    .default(IN_FLIGHT),
  maxAge: durationMs.optional(),
});

const queueSchema = queueEntrySchema(
  'queue',
  commonFields,
  ({ schema }) => schema,
  ({ deadLetter, source, tenant }, { name, namesDeadLetters }) => {
    if (source !== undefined && tenant !== undefined) {
      return {
        field: 'tenant',
        message: 'is a setting of the source: its requests have its tenant',
      };
    }
    return deadLetter === undefined || namesDeadLetters
      ? undefined
      : { field: 'deadLetter', message: `is among the settings of ${name}` };
  },
);

export const queuesSchema = z
  .record(z.string(), queueSchema)
  .default({})
  .superRefine(checkEntryNames);

export type QueueEntries = z.output<typeof queuesSchema>;

/** What is wrong with the sources that queues name, and with what they share. */
export function queueFaults(queues: QueueEntries, receivingSources: readonly string[]): string[] {
  return [...sourceFaults(queues, receivingSources), ...sharedFaults(queues)];
}

function sharedFaults(queues: QueueEntries): string[] {
  const owners = new Map<string, string>();
  return Object.entries(queues).flatMap(([name, { settings, type }]) => {
    const claimed = type.claims?.(settings);
    if (claimed === undefined) return [];
    const owner = owners.get(claimed);
    owners.set(claimed, owner ?? name);
    if (owner === undefined) return [];
    return [`queues.${name}.${type.name}: ${claimed} is that of the queue ${owner}; use another`];
  });
}

function sourceFaults(queues: QueueEntries, receivingSources: readonly string[]): string[] {
  return Object.entries(queues).flatMap(([name, { source }]) => {
    if (source === undefined || receivingSources.includes(source)) return [];
    const meant = nearest(source, receivingSources);
    const remedy =
      meant !== undefined
        ? `did you mean "${meant}"?`
        : receivingSources.length > 0
          ? `use one of ${receivingSources.join(', ')}`
          : 'configure it under "sources", with a type';
    return [`queues.${name}.source: there is no source "${source}" with a type; ${remedy}`];
  });
}

/** `intake:`: the queue that the API writes to instead of accepting at once. */
export const intakeSchema = z.strictObject({ queue: z.string().min(1) }).optional();

type IntakeEntry = z.output<typeof intakeSchema>;

export function intakeFaults(intake: IntakeEntry, queues: QueueEntries): string[] {
  if (!intake) return [];
  const named = own(queues, intake.queue);
  const names = Object.keys(queues);
  if (named?.source !== undefined) {
    return [
      `intake.queue: the queue "${intake.queue}" has the events of the source ${named.source}; name a queue without a source`,
    ];
  }
  if (named?.tenant !== undefined) {
    return [
      `intake.queue: all that is in the queue "${intake.queue}" is of the tenant ${named.tenant}; name a queue without a tenant`,
    ];
  }
  if (named) return [];
  const remedyText = names.length > 0 ? remedy(intake.queue, names) : 'configure it under "queues"';
  return [`intake.queue: there is no queue "${intake.queue}"; ${remedyText}`];
}

export function configuredQueues(queues: QueueEntries): ConfiguredQueue[] {
  return Object.entries(queues).map(
    ([name, { deadLetter, inFlight, maxAge, settings, source, tenant, type }]) => ({
      name,
      type: type.name,
      place: type.describe(settings),
      source,
      tenant,
      inFlight,
      maxAgeMs: maxAge,
      open: ({ log }) =>
        type.create(settings, deadLetter, { name, log, mostInHand: inFlight * IN_HAND }),
    }),
  );
}
