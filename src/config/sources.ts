/** `sources:` and `routes:` in `sendproof.yaml`. */
import { z } from 'zod';
import { durationMs } from '../lib/duration.js';
import { nearest } from '../lib/nearest.js';
import { inputFaults } from '../lib/inputFaults.js';
import { isRecord } from '../lib/isRecord.js';
import { own } from '../lib/own.js';
import { ConfigurationError } from '../lib/configurationError.js';
import { routesSchema, type Route } from '../domain/message.js';
import { SOURCE_TYPES } from '../sources/registry.js';
import type { Source, SourceSettings, SourceType } from '../sources/source.js';
import { retentionSchema } from './contentRetention.js';
import { sourceAcknowledgementFields } from './acknowledgements.js';
import { tenantSchema } from './tenants.js';

/** A source that receives requests. */
export interface ConfiguredSource {
  name: string;
  type: SourceType;
  source: Source;
  /** How long its sender may be kept waiting, in milliseconds. */
  respondWithinMs: number;
  /** Where what can't be understood or routed is shown; undefined: with the operators. */
  unroutable: Route[] | undefined;
  /** Whose messages its requests become; undefined: nobody's, so that only those without a tenant see them. */
  tenant: string | undefined;
}

/** What any source may have, whether its messages come as such or are made of its requests. */
const messageFields = {
  deduplicationWindow: durationMs.optional(),
  tenant: tenantSchema.optional(),
  contentRetention: retentionSchema.optional(),
  ...sourceAcknowledgementFields,
};

const receivingFields = {
  unroutable: z.strictObject({ to: routesSchema }).optional(),
};

const sourceName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'may have up to 63 letters, digits, _ . and -');

/** What a source that receives requests has, whatever its type. */
export const ownFields = z.object({ ...messageFields, ...receivingFields });
type OwnSettings = z.output<typeof ownFields>;

/** The settings of a source, and those of its type where it receives requests. */
export interface SourceEntry extends OwnSettings {
  receives?: { type: SourceType; settings: SourceSettings };
}

/** One entry: what all sources have is taken out, and the type's own schema parses the rest. */
const sourceSchema = z.unknown().transform((entry, context): SourceEntry => {
  const typeName: unknown = isRecord(entry) ? own(entry, 'type') : undefined;
  const add = (issues: readonly z.core.$ZodIssue[]): void => {
    for (const issue of issues) context.issues.push({ ...issue, input: entry } as never);
  };
  if (!isRecord(entry) || typeName === undefined) {
    const parsed = z
      .strictObject(messageFields)
      .safeParse(entry, { error: inputFaults({ name: 'setting', also: ['type'] }) });
    if (parsed.success) return parsed.data;
    add(parsed.error.issues);
    return z.NEVER;
  }
  const type = SOURCE_TYPES.find(({ name }) => name === typeName);
  if (!type) {
    const names = SOURCE_TYPES.map(({ name }) => name);
    const meant = typeof typeName === 'string' ? nearest(typeName, names) : undefined;
    const remedy =
      meant === undefined ? `use one of ${names.join(', ')}` : `did you mean "${meant}"?`;
    context.addIssue({
      code: 'custom',
      path: ['type'],
      message: `there is no such type; ${remedy}`,
    });
    return z.NEVER;
  }
  const shared = new Set(Object.keys(ownFields.shape));
  const mine = Object.entries(entry).filter(([key]) => shared.has(key));
  const others = Object.entries(entry).filter(([key]) => !shared.has(key));
  const common = ownFields.safeParse(Object.fromEntries(mine), {
    error: inputFaults({ name: 'setting' }),
  });
  const settings = type.schema.safeParse(Object.fromEntries(others), {
    error: inputFaults({ name: 'setting', also: [...shared] }),
  });
  add(common.error?.issues ?? []);
  add(settings.error?.issues ?? []);
  if (!common.success || !settings.success) return z.NEVER;
  return { ...common.data, receives: { type, settings: settings.data } };
});

export const sourcesSchema = z
  .record(z.string(), sourceSchema)
  .default({})
  .superRefine((sources, context) => {
    for (const [name, { receives }] of Object.entries(sources)) {
      const { success, error } = sourceName.safeParse(name);
      // Only the name of a source that receives requests is a part of an address.
      if (success || !receives) continue;
      context.addIssue({ code: 'custom', path: [name], message: error.issues[0]?.message ?? '' });
    }
  });

/** @throws ConfigurationError where the settings of a source can't be used */
export function receivingSources(sources: Record<string, SourceEntry>): ConfiguredSource[] {
  return Object.entries(sources).flatMap(([name, { receives, tenant, unroutable }]) => {
    if (!receives) return [];
    const { settings, type } = receives;
    return [
      {
        name,
        type,
        source: create(type, settings, name),
        respondWithinMs: settings.respondWithin ?? type.respondWithinMs,
        unroutable: unroutable?.to,
        tenant,
      },
    ];
  });
}

function create(type: SourceType, settings: SourceSettings, name: string): Source {
  try {
    return type.create(settings, name);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError(`sources.${name}: ${error.message}`, { cause: error });
  }
}
