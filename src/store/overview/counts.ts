/** Counts of Temporal's visibility. Unlike lists, counts can't be looked at again: their queries find a tenant's messages exactly. */
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { visibilityQuery, type MessageFilter, type TenantFilter } from '../search/messageSearch.js';
import { exactTenantClause } from '../search/visibilityText.js';

export async function countMessages(
  client: Client,
  filter: TenantFilter<MessageFilter>,
): Promise<number> {
  const { count } = await client.workflowService.countWorkflowExecutions({
    namespace: client.workflow.options.namespace,
    query: await exactQuery(client, filter),
  });
  return Number(count);
}

/**
 * The same by Temporal's own status of the workflow, as `Completed`: the only groups that Temporal counts in one call.
 *
 * @param narrowed a part of a query that all of them have to match
 */
export async function countByExecutionStatus(
  client: Client,
  filter: TenantFilter<MessageFilter>,
  narrowed?: string,
): Promise<ReadonlyMap<string, number>> {
  const query = await exactQuery(client, filter);
  const { groups } = await client.workflowService.countWorkflowExecutions({
    namespace: client.workflow.options.namespace,
    query: `${narrowed === undefined ? query : `${query} AND ${narrowed}`} GROUP BY ExecutionStatus`,
  });
  return new Map(
    groups.map(({ count, groupValues }) => {
      const [value] = groupValues ?? [];
      const status = value ? defaultPayloadConverter.fromPayload<string>(value) : '';
      return [status, Number(count ?? 0)];
    }),
  );
}

async function exactQuery(client: Client, filter: TenantFilter<MessageFilter>): Promise<string> {
  const query = visibilityQuery(filter);
  if (filter.tenant === undefined || !(await ignoresCapitals(client))) return query;
  return `${query} AND ${exactTenantClause(filter.tenant)}`;
}

/** By the client's service: a server doesn't change its database. */
const known = new WeakMap<object, boolean>();

/** Whether `STARTS_WITH` finds other capital letters too. SQLite does, which only the embedded server has. */
async function ignoresCapitals({ workflowService }: Client): Promise<boolean> {
  const earlier = known.get(workflowService);
  if (earlier !== undefined) return earlier;
  try {
    const { visibilityStore } = await workflowService.getClusterInfo({});
    const isSqlite = visibilityStore.includes('sqlite');
    known.set(workflowService, isSqlite);
    return isSqlite;
  } catch {
    // Services that don't tell have no SQLite. Where Temporal doesn't answer at all, the count says so.
    return false;
  }
}
