import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { executionInfoFromRaw } from '../../temporal/sdkInternals.js';
import type { MessageExecution } from '../messageExecution.js';

/** An entry of one of Temporal's lists, with its memo and its search attributes decoded. */
export async function decodedExecution(
  client: Client,
  raw: temporal.api.workflow.v1.IWorkflowExecutionInfo,
): Promise<MessageExecution> {
  return await executionInfoFromRaw(
    raw as Required<typeof raw>,
    client.options.loadedDataConverter,
    raw,
    client.workflow.options.namespace,
  );
}
