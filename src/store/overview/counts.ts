/** Counts of Temporal's visibility. */
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';

/** @param query a list filter */
export async function countMatching(client: Client, query: string): Promise<number> {
  const { count } = await client.workflowService.countWorkflowExecutions({
    namespace: client.workflow.options.namespace,
    query,
  });
  return Number(count);
}

/** The same by Temporal's own status of the workflow, as `Completed`: the only groups that Temporal counts in one call. */
export async function countByExecutionStatus(
  client: Client,
  query: string,
): Promise<ReadonlyMap<string, number>> {
  const { groups } = await client.workflowService.countWorkflowExecutions({
    namespace: client.workflow.options.namespace,
    query: `${query} GROUP BY ExecutionStatus`,
  });
  return new Map(
    groups.map(({ count, groupValues }) => {
      const [value] = groupValues ?? [];
      const status = value ? defaultPayloadConverter.fromPayload<string>(value) : '';
      return [status, Number(count ?? 0)];
    }),
  );
}
