import type { Client } from '@temporalio/client';
import { executionInfoFromRaw } from '@temporalio/client/lib/helpers.js';
import type { MessageStatus } from '../delivery.js';
import { summarise, type MessageSummary } from './messageExecution.js';

export interface MessageFilter {
  source?: string | undefined;
  reference?: string | undefined;
  traceId?: string | undefined;
  destination?: string | undefined;
  status?: MessageStatus | undefined;
  /** Why a message is parked. */
  reason?: string | undefined;
  /** Accepted at or after. */
  since?: Date | undefined;
}

export interface MessagePage {
  messages: MessageSummary[];
  /** Where the next page begins; undefined after the last one. */
  cursor: string | undefined;
}

/** Messages from Temporal's visibility, the newest first. Visibility lags behind by some milliseconds. */
export async function searchMessages(
  client: Client,
  filter: MessageFilter,
  page: { limit: number; cursor?: string | undefined },
): Promise<MessagePage> {
  const { namespace } = client.workflow.options;
  const response = await client.workflowService.listWorkflowExecutions({
    namespace,
    query: visibilityQuery(filter),
    pageSize: page.limit,
    nextPageToken: page.cursor === undefined ? undefined : Buffer.from(page.cursor, 'base64url'),
  });
  const executions = await Promise.all(
    response.executions.map((raw) =>
      executionInfoFromRaw(raw, client.options.loadedDataConverter, raw, namespace),
    ),
  );
  const next = Buffer.from(response.nextPageToken).toString('base64url');
  return { messages: executions.map(summarise), cursor: next === '' ? undefined : next };
}

/** Also where one of several deliveries has been given up or has expired, and others go on. */
const UNDER_WAY =
  'ExecutionStatus = "Running" AND (DeliveryStatus IS NULL OR DeliveryStatus != "DeadLettered")';

/** The statuses that Temporal's own execution status doesn't tell are in the search attribute `DeliveryStatus`. */
const STATUS_CLAUSES: Record<MessageStatus, string> = {
  accepted: UNDER_WAY,
  delivering: UNDER_WAY,
  confirmed: 'ExecutionStatus = "Completed"',
  dead_lettered: 'ExecutionStatus = "Running" AND DeliveryStatus = "DeadLettered"',
  discarded: 'ExecutionStatus = "Failed" AND DeliveryStatus = "Discarded"',
  expired: 'ExecutionStatus = "Failed" AND DeliveryStatus = "Expired"',
  cancelled: 'ExecutionStatus IN ("Canceled", "Terminated")',
};

/** The query for Temporal's visibility, as `temporal workflow list --query` takes it. */
export function visibilityQuery(filter: MessageFilter): string {
  const clauses = ['WorkflowType = "deliverMessage"'];
  if (filter.status) clauses.push(STATUS_CLAUSES[filter.status]);
  if (filter.source) clauses.push(`Source = ${quote(filter.source)}`);
  if (filter.reference) clauses.push(`SourceReference = ${quote(filter.reference)}`);
  if (filter.traceId) clauses.push(`TraceId = ${quote(filter.traceId)}`);
  if (filter.destination) clauses.push(`Destination = ${quote(filter.destination)}`);
  if (filter.reason) clauses.push(`FailureReason = ${quote(filter.reason)}`);
  if (filter.since) clauses.push(`StartTime >= ${quote(filter.since.toISOString())}`);
  return clauses.join(' AND ');
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
