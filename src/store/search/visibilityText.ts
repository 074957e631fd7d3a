/** Text as a value in a query of Temporal's visibility. */
export function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** `Name IN ("a", "b")` */
export function oneOf(attribute: string, values: Iterable<string>): string {
  return `${attribute} IN (${[...values].map(quote).join(', ')})`;
}

export function startsWith(attribute: string, beginning: string): string {
  return `${attribute} STARTS_WITH ${quote(beginning)}`;
}
