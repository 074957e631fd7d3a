import type { PostedParts } from './delivery.js';

/** As `Part 1 of 4 is posted` or `Parts 1 to 3 of 4 are posted`. */
export function describePostedParts({ count, of }: Pick<PostedParts, 'count' | 'of'>): string {
  return count === 1 ? `Part 1 of ${of} is posted` : `Parts 1 to ${count} of ${of} are posted`;
}
