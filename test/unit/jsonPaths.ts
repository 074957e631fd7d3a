/** Every place of a JSON value, and the value with something else in one of them. */
export type Path = readonly (string | number)[];

/** From the root to each value, the root and what is within others included. */
export function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...inner.flatMap(([name, each]) => pathsOf(each, [...path, name]))];
}

/** A copy with another value at the path. */
export function replaced(root: unknown, [step, ...rest]: Path, value: unknown): unknown {
  if (step === undefined) return value;
  const copy: unknown = structuredClone(root);
  const holder = copy as Record<string | number, unknown>;
  holder[step] = replaced(holder[step], rest, value);
  return copy;
}
