import type { Source, SourceType } from '../../../src/sources/source.js';

/** The settings without which a type can't be configured. */
const REQUIRED = [
  {},
  { secret: { env: 'UNUSED' } },
  { token: { env: 'UNUSED' } },
  { topics: ['arn:*'] },
];

/** With as few settings as it needs. */
export function configuredSource(type: SourceType): Source {
  for (const settings of REQUIRED) {
    const parsed = type.schema.safeParse({ type: type.name, ...settings });
    if (parsed.success) return type.create(parsed.data, 'any');
  }
  throw new Error(`${type.name} needs other settings`);
}
