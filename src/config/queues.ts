/** `queues:` in `sendproof.yaml`: message queues that messages and events are taken from. */
import { z } from 'zod';
import { durationMs } from '../lib/duration.js';
import { isRecord } from '../lib/isRecord.js';
import { nearest, remedy } from '../lib/nearest.js';
import { own } from '../lib/own.js';
import type { Queue, QueueContext, QueueType } from '../queues/queue.js';
import { QUEUE_TYPES } from '../queues/registry.js';
import { inputFaults } from '../lib/inputFaults.js';

/** A queue as it is configured. Nothing is connected, and no library is loaded, before it is opened. */
export interface ConfiguredQueue {
  name: string;
  /** As `kafka`. */
  type: string;
  /** For people, as `the topic messages`. */
  place: string;
  /** The source whose requests the records are; undefined: they are messages. */
  source: string | undefined;
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

const commonFields = z.object({
  source: z.string().min(1).optional(),
  deadLetter: z.string().min(1).optional(),
  inFlight: z
    .int()
    .min(1)
    .max(MOST_IN_FLIGHT, `must be at most ${MOST_IN_FLIGHT}`)
    .default(IN_FLIGHT),
  maxAge: durationMs.optional(),
});

type Entry = z.output<typeof commonFields> & { type: QueueType; settings: unknown };

const TYPE_NAMES = QUEUE_TYPES.map(({ name }) => name);

/** One entry: its kind's own schema parses the field of that name. */
const queueSchema = z.unknown().transform((entry, context): Entry => {
  const refuse = (message: string, path: PropertyKey[] = []): never => {
    context.addIssue({ code: 'custom', path, message });
    return z.NEVER;
  };
  const add = (issues: readonly z.core.$ZodIssue[]): void => {
    for (const issue of issues) context.issues.push({ ...issue, input: entry } as never);
  };
  if (!isRecord(entry)) return refuse(`must have one of ${TYPE_NAMES.join(', ')}`);
  const types = QUEUE_TYPES.filter(({ name }) => own(entry, name) !== undefined);
  const [type] = types;
  if (!type) return refuse(missingType(entry));
  if (types.length > 1) {
    const both = types.map(({ name }) => name).join(' and ');
    return refuse(`has ${both}: make it a queue for each`);
  }
  const { [type.name]: given, ...others } = entry;
  const common = commonFields
    .strict()
    .safeParse(others, { error: inputFaults({ name: 'setting', also: TYPE_NAMES }) });
  const settings = z
    .object({ [type.name]: type.schema })
    .safeParse({ [type.name]: given }, { error: inputFaults({ name: 'setting' }) });
  add(common.error?.issues ?? []);
  add(settings.error?.issues ?? []);
  if (!common.success || !settings.success) return z.NEVER;
  if (common.data.deadLetter !== undefined && !type.namesDeadLetters) {
    return refuse(`is among the settings of ${type.name}`, ['deadLetter']);
  }
  return { ...common.data, type, settings: own(settings.data, type.name) };
});

function missingType(entry: Record<string, unknown>): string {
  const common = Object.keys(commonFields.shape);
  const unknown = Object.keys(entry).find((key) => !common.includes(key));
  const meant = unknown === undefined ? undefined : nearest(unknown, TYPE_NAMES);
  return meant === undefined
    ? `must have one of ${TYPE_NAMES.join(', ')}`
    : `there is no queue of the kind "${unknown ?? ''}"; did you mean "${meant}"?`;
}

const queueName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'may have up to 63 letters, digits, _ . and -');

export const queuesSchema = z
  .record(z.string(), queueSchema)
  .default({})
  .superRefine((queues, context) => {
    for (const name of Object.keys(queues)) {
      const { error, success } = queueName.safeParse(name);
      if (success) continue;
      context.addIssue({ code: 'custom', path: [name], message: error.issues[0]?.message ?? '' });
    }
  });

type QueueEntries = z.output<typeof queuesSchema>;

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
  if (named) return [];
  const remedyText = names.length > 0 ? remedy(intake.queue, names) : 'configure it under "queues"';
  return [`intake.queue: there is no queue "${intake.queue}"; ${remedyText}`];
}

export function configuredQueues(queues: QueueEntries): ConfiguredQueue[] {
  return Object.entries(queues).map(
    ([name, { deadLetter, inFlight, maxAge, settings, source, type }]) => ({
      name,
      type: type.name,
      place: type.describe(settings),
      source,
      inFlight,
      maxAgeMs: maxAge,
      open: ({ log }) =>
        type.create(settings, deadLetter, { name, log, mostInHand: inFlight * IN_HAND }),
    }),
  );
}
