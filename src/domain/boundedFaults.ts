import { shortenText } from '../lib/cutText.js';
import type { FieldFault } from './acceptance.js';

const MOST_FAULTS = 20;
const LONGEST_FIELD = 200;
const LONGEST_DETAIL = 500;

/**
 * As many faults as can be stored with each of 1,000 messages. The sender of a list of 10,000 wrong items has enough of these.
 *
 * @param longestDetail in characters; an answer can have longer ones than what is stored
 */
export function boundedFaults(
  faults: readonly FieldFault[],
  longestDetail = LONGEST_DETAIL,
): FieldFault[] {
  const kept = faults.slice(0, MOST_FAULTS).map(({ field, detail }) => ({
    field: shortenText(field, LONGEST_FIELD),
    detail: shortenText(detail, longestDetail),
  }));
  const left = faults.length - kept.length;
  if (left === 0) return kept;
  return [...kept, { field: '(whole body)', detail: `has ${left} more errors` }];
}
