/**
 * The value under a name that comes from elsewhere; undefined where the record itself has none. Every object also inherits
 * names, as `constructor`: a plain look-up finds those.
 */
export function own<Value>(
  record: Readonly<Record<string, Value>>,
  name: string,
): Value | undefined {
  // eslint-disable-next-line sendproof/own-property -- the one place that asks first
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
