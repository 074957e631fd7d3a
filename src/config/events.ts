/** `events:` in `sendproof.yaml`: topics and queues that are told what becomes of messages. */
import { z } from 'zod';
import { ACKNOWLEDGEMENT_EVENTS, type AcknowledgementEvent } from '../domain/acknowledgement.js';
import type { QueueContext, QueueTarget } from '../queues/queue.js';
import { checkEntryNames, queueEntrySchema } from './queueEntry.js';
import type { QueueEntries } from './queues.js';
import { tenantSchema } from './tenants.js';

/** A target as it is configured. Nothing is connected, and no library is loaded, before it is opened. */
export interface ConfiguredEventTarget {
  name: string;
  /** As `kafka`. */
  type: string;
  /** For people, as `the topic message-events`. */
  place: string;
  /** Which events it is told. */
  events: AcknowledgementEvent[];
  /** Whose messages it is told of; undefined: all. */
  tenant: string | undefined;
  open(context: Pick<QueueContext, 'log'>): Promise<QueueTarget>;
}

const ALL = 'all';

const eventNames = z.preprocess(
  // Told apart by its form, so that a misspelt name is answered with the one that was meant.
  (types) => (types === undefined || types === ALL ? ACKNOWLEDGEMENT_EVENTS : types),
  z
    .array(z.enum(ACKNOWLEDGEMENT_EVENTS), {
      error: ({ input }) =>
        Array.isArray(input) ? undefined : `must be ${ALL} or a list of event types`,
    })
    .min(1, `must name at least one event type, or be ${ALL}`)
    .transform((types) => [...new Set(types)]),
);

/** What a target of any kind has. */
export const targetFields = z.object({ types: eventNames, tenant: tenantSchema.optional() });

const targetSchema = queueEntrySchema('target', targetFields, ({ target }) => target.schema);

export const eventsSchema = z
  .record(z.string(), targetSchema)
  .default({})
  .superRefine(checkEntryNames);

type TargetEntries = z.output<typeof eventsSchema>;

/** What would have events come back as messages, through a queue that is consumed, or through its dead letters. */
export function eventFaults(targets: TargetEntries, queues: QueueEntries): string[] {
  return Object.entries(targets).flatMap(([name, { settings, type }]) => {
    const places = type.target.places(settings);
    const [loop] = Object.entries(queues).flatMap(([queue, each]) =>
      each.type === type &&
      each.type.places(each.settings, each.deadLetter).some((place) => places.includes(place))
        ? [queue]
        : [],
    );
    if (loop === undefined) return [];
    return [
      `events.${name}.${type.name}: the queue ${loop} has ${type.target.describe(settings)}, so that events would come back; use another`,
    ];
  });
}

export function configuredEventTargets(targets: TargetEntries): ConfiguredEventTarget[] {
  return Object.entries(targets).map(([name, { settings, tenant, type, types }]) => ({
    name,
    type: type.name,
    place: type.target.describe(settings),
    events: types,
    tenant,
    open: (context) => type.target.create(settings, context),
  }));
}
