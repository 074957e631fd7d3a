import { tenantPrefix } from '../../domain/tenant.js';

/** Text as a value in a query of Temporal's visibility. */
export function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** Of workflows that belong to a tenant. It finds some of others as well: see `isVisibleTo`. */
export function tenantClause(tenant: string, idPrefix = ''): string {
  return startsWith('WorkflowId', idPrefix + tenantPrefix(tenant));
}

/**
 * In addition to `tenantClause`, on SQLite alone: it compares `STARTS_WITH` without regard to capital letters, and this byte by byte.
 * PostgreSQL may order text by the rules of a language, and its `STARTS_WITH` is exact. MySQL ignores capital letters in both, and is not
 * supported.
 */
export function exactTenantClause(tenant: string): string {
  const first = tenantPrefix(tenant);
  // The character after the slash.
  const afterLast = first.replace(/\/$/, '0');
  return `WorkflowId >= ${quote(first)} AND WorkflowId < ${quote(afterLast)}`;
}

/** `Name IN ("a", "b")` */
export function oneOf(attribute: string, values: Iterable<string>): string {
  return `${attribute} IN (${[...values].map(quote).join(', ')})`;
}

export function startsWith(attribute: string, beginning: string): string {
  return `${attribute} STARTS_WITH ${quote(beginning)}`;
}
