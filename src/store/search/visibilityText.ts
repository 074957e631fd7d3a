import { tenantPrefix } from '../../domain/tenant.js';

/** Text as a value in a query of Temporal's visibility. */
export function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** Of workflows that belong to a tenant. It finds some of others as well: see `isVisibleTo`. */
export function tenantClause(tenant: string, idPrefix = ''): string {
  return startsWith('WorkflowId', idPrefix + tenantPrefix(tenant));
}

/** `Name IN ("a", "b")` */
export function oneOf(attribute: string, values: Iterable<string>): string {
  return `${attribute} IN (${[...values].map(quote).join(', ')})`;
}

export function startsWith(attribute: string, beginning: string): string {
  return `${attribute} STARTS_WITH ${quote(beginning)}`;
}
