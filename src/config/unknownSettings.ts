import { z } from 'zod';
import { nearest } from '../lib/nearest.js';

/**
 * For a parse: errors about a setting that is missing say so, and those about unknown settings name the one that was meant, or
 * those that there are.
 *
 * @param also settings beside those of the schema, which something else parses
 */
export function explainUnknownSettings(also: readonly string[] = []): z.core.$ZodErrorMap {
  return (issue) => {
    if (issue.code === 'invalid_type' && issue.input === undefined) return 'is needed';
    if (issue.code !== 'unrecognized_keys') return undefined;
    const own = issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : [];
    const known = [...own, ...also];
    return issue.keys
      .map((key) => {
        const meant = nearest(key, known);
        const remedy = meant === undefined ? `use ${known.join(', ')}` : `did you mean "${meant}"?`;
        return `there is no setting "${key}"; ${remedy}`;
      })
      .join('; ');
  };
}
