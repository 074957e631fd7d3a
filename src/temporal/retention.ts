/** How long a namespace remembers closed workflows, and so how long it can recognise a duplicate. */
import type { Connection } from '@temporalio/client';
import { msToTs, optionalTsToMs } from '@temporalio/common/lib/time.js';

/** In milliseconds. Rejects if the namespace doesn't exist. */
export async function namespaceRetentionMs(
  connection: Connection,
  namespace: string,
): Promise<number> {
  const { config } = await connection.workflowService.describeNamespace({ namespace });
  return optionalTsToMs(config?.workflowExecutionRetentionTtl) ?? 0;
}

/**
 * Lets the namespace remember for at least so long; never shortens what is there. For the embedded server, which is ours
 * to set up; elsewhere it takes an administrator's rights.
 */
export async function raiseNamespaceRetention(
  connection: Connection,
  namespace: string,
  retentionMs: number,
): Promise<void> {
  if ((await namespaceRetentionMs(connection, namespace)) >= retentionMs) return;
  await connection.workflowService.updateNamespace({
    namespace,
    config: { workflowExecutionRetentionTtl: msToTs(retentionMs) },
  });
}
