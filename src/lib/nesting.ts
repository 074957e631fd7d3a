/** How deep JSON from outside may be nested. */
import { isRecord } from './isRecord.js';

/** Of the deepest value that any known sender makes, many times over. Deeper ones are refused, since reading them is recursive. */
export const DEEPEST = 200;

/** Whether lists and objects are nested in more than `DEEPEST` levels. */
export function isNestedTooDeeply(root: unknown): boolean {
  let level: unknown[] = [root];
  for (let depth = 0; depth <= DEEPEST; depth += 1) {
    level = level.flatMap(valuesOf);
    if (level.length === 0) return false;
  }
  return true;
}

function valuesOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  return isRecord(value) ? Object.values(value) : [];
}
