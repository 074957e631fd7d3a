import { isRecord } from '../lib/isRecord.js';
import { callerOf } from './caller.js';

/**
 * The fields of a decision. A person who makes the request needn't give a name: `by` is then theirs. One that they give is kept
 * beside their own (`decidedBy`).
 */
export function inPersonsName(request: object, fields: unknown): unknown {
  const { kind, name } = callerOf(request);
  return kind === 'person' && isRecord(fields) ? { by: name, ...fields } : fields;
}
