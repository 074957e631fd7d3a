/** What Temporal says of a message that it refuses. */
import type { FieldFault } from '../domain/acceptance.js';

/** As "search attribute Destination value size 3231 exceeds size limit 2048". */
const LIMIT = /exceed|too (?:large|long|big)|limit/i;
/** The field of a message that a limit of Temporal's concerns. */
const LIMITED_FIELDS: readonly [RegExp, string][] = [
  [/\bDestination\b/, 'destinations'],
  [/\bSourceReference\b/, 'correlation.reference'],
  [/\bSource\b/, 'correlation.source'],
  [/workflow ?id/i, 'deduplicationKey'],
];

/**
 * The field that this server's limits are too small for: they are smaller than those that are checked before. Undefined where
 * the refusal has another reason.
 *
 * @param reason of an INVALID_ARGUMENT, in the server's words
 */
export function exceededLimit(reason: string): FieldFault | undefined {
  if (!LIMIT.test(reason)) return undefined;
  const field = LIMITED_FIELDS.find(([words]) => words.test(reason))?.[1] ?? '(whole body)';
  return { field, detail: `is too large for this Temporal server (${reason}): shorten it` };
}

/** In the words of Temporal's frontend, for one that is missing, or has another type than the value. */
export function lacksSearchAttribute(reason: string): boolean {
  return /no mapping defined for search attribute|search attribute \S+ is not (defined|registered)|invalid value for search attribute \S+ of type/i.test(
    reason,
  );
}
