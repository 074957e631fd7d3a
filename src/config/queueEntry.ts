/** An entry that is a queue of one kind: the field with the kind's name has its settings, and the kind's own schema parses them. */
import { z } from 'zod';
import { inputFaults } from '../lib/inputFaults.js';
import { isRecord } from '../lib/isRecord.js';
import { nearest } from '../lib/nearest.js';
import { own } from '../lib/own.js';
import type { QueueType } from '../queues/queue.js';
import { QUEUE_TYPES } from '../queues/registry.js';

const TYPE_NAMES = QUEUE_TYPES.map(({ name }) => name);

/** What is wrong with a field of an entry. */
export interface FieldFault {
  field: string;
  message: string;
}

/**
 * @param noun what an entry is, as `queue`
 * @param commonFields that an entry of any kind has
 * @param schemaOf parses the settings of a kind
 * @param faultOf what else is wrong with an entry of this kind
 */
export function queueEntrySchema<Shape extends z.core.$ZodShape>(
  noun: string,
  commonFields: z.ZodObject<Shape>,
  schemaOf: (type: QueueType) => z.ZodType,
  faultOf: (common: z.output<z.ZodObject<Shape>>, type: QueueType) => FieldFault | undefined = () =>
    undefined,
) {
  const strict = commonFields.strict() as z.ZodType<z.output<typeof commonFields>>;
  return z.unknown().transform((entry, context) => {
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
    if (!type) return refuse(missingType(entry, noun, Object.keys(commonFields.shape)));
    if (types.length > 1) {
      const both = types.map(({ name }) => name).join(' and ');
      return refuse(`has ${both}: make it a ${noun} for each`);
    }
    const { [type.name]: given, ...others } = entry;
    const common = strict.safeParse(others, {
      error: inputFaults({ name: 'setting', also: TYPE_NAMES }),
    });
    const settings = z
      .object({ [type.name]: schemaOf(type) })
      .safeParse({ [type.name]: given }, { error: inputFaults({ name: 'setting' }) });
    add(common.error?.issues ?? []);
    add(settings.error?.issues ?? []);
    if (!common.success || !settings.success) return z.NEVER;
    const fault = faultOf(common.data, type);
    if (fault) return refuse(fault.message, [fault.field]);
    return { ...common.data, type, settings: own(settings.data, type.name) };
  });
}

function missingType(entry: Record<string, unknown>, noun: string, common: string[]): string {
  const unknown = Object.keys(entry).find((key) => !common.includes(key));
  const meant = unknown === undefined ? undefined : nearest(unknown, TYPE_NAMES);
  return meant === undefined
    ? `must have one of ${TYPE_NAMES.join(', ')}`
    : `there is no ${noun} of the kind "${unknown ?? ''}"; did you mean "${meant}"?`;
}

const entryName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'may have up to 63 letters, digits, _ . and -');

/** Refines a map of such entries: what their names may be. */
export function checkEntryNames(entries: object, context: z.RefinementCtx): void {
  for (const name of Object.keys(entries)) {
    const { error, success } = entryName.safeParse(name);
    if (success) continue;
    context.addIssue({ code: 'custom', path: [name], message: error.issues[0]?.message ?? '' });
  }
}
