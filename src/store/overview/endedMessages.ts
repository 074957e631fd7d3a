/** A sample of the messages that have ended lately: how long they took, and which sources they are from. */
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import { own } from '../../lib/own.js';
import { isVisibleTo } from '../../domain/tenant.js';
import { visibilityQuery } from '../search/messageSearch.js';
import { quote } from '../search/visibilityText.js';
import { optionalTsToMs } from '../../temporal/sdkInternals.js';

type Execution = proto.temporal.api.workflow.v1.IWorkflowExecutionInfo;

const { WORKFLOW_EXECUTION_STATUS_COMPLETED } = proto.temporal.api.enums.v1.WorkflowExecutionStatus;

/** Enough for percentiles, and little enough to be read again every few seconds. */
const SAMPLE = 500;

/** What ended so without a post, and so was not confirmed. */
const NOT_POSTED = new Set(['Muted', 'Grouped', 'Superseded']);

export interface EndedMessages {
  /** Of those of the sample that were confirmed; undefined where none was. */
  timeToConfirm: TimeToConfirm | undefined;
  /** By source as it is searched for: when its newest message of the sample was accepted, in epoch milliseconds. */
  lastAcceptedMs: ReadonlyMap<string, number>;
  /** Whether the sample is all that has ended in the time asked for. */
  isComplete: boolean;
}

/** From acceptance, or from the time that the message was sent for, until it is confirmed everywhere. */
export interface TimeToConfirm {
  p50Ms: number;
  p95Ms: number;
  /** How many messages the figures are from. */
  count: number;
}

/** One call to Temporal. The newest ends come first. @param since ISO 8601: of those that ended at this time or later */
export async function readEndedMessages(
  client: Client,
  { since, tenant }: { since: string; tenant: string | undefined },
): Promise<EndedMessages> {
  const { executions, nextPageToken } = await client.workflowService.listWorkflowExecutions({
    namespace: client.workflow.options.namespace,
    query: `${visibilityQuery({ tenant })} AND CloseTime >= ${quote(since)}`,
    pageSize: SAMPLE,
  });
  // On SQLite, Temporal finds some of a tenant whose name differs in capital letters alone.
  const visible = executions.filter(({ execution }) =>
    isVisibleTo(tenant, execution?.workflowId ?? ''),
  );
  return { ...endedMessagesOf(visible), isComplete: nextPageToken.length === 0 };
}

export function endedMessagesOf(
  executions: readonly Execution[],
): Omit<EndedMessages, 'isComplete'> {
  const lastAcceptedMs = new Map<string, number>();
  const durations: number[] = [];
  for (const execution of executions) {
    const startedMs = optionalTsToMs(execution.startTime);
    const source = attributeOf(execution, 'Source');
    if (source !== undefined && startedMs !== undefined) {
      lastAcceptedMs.set(source, Math.max(startedMs, lastAcceptedMs.get(source) ?? 0));
    }
    const durationMs = timeToConfirmOf(execution);
    if (durationMs !== undefined) durations.push(durationMs);
  }
  return { lastAcceptedMs, timeToConfirm: percentiles(durations) };
}

/** Undefined where it was not confirmed, or was rescheduled: Temporal doesn't know when it was due then. */
function timeToConfirmOf(execution: Execution): number | undefined {
  if (execution.status !== WORKFLOW_EXECUTION_STATUS_COMPLETED) return undefined;
  if (NOT_POSTED.has(attributeOf(execution, 'DeliveryStatus') ?? '')) return undefined;
  if (execution.memo?.fields?.schedule) return undefined;
  const closedMs = optionalTsToMs(execution.closeTime);
  const dueMs = optionalTsToMs(execution.executionTime) ?? optionalTsToMs(execution.startTime);
  if (closedMs === undefined || dueMs === undefined) return undefined;
  return Math.max(0, closedMs - dueMs);
}

function attributeOf({ searchAttributes }: Execution, name: string): string | undefined {
  const value = own(searchAttributes?.indexedFields ?? {}, name);
  return value ? defaultPayloadConverter.fromPayload<string>(value) : undefined;
}

/** By nearest rank. */
function percentiles(durations: number[]): TimeToConfirm | undefined {
  if (durations.length === 0) return undefined;
  const sorted = durations.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { p50Ms: at(0.5), p95Ms: at(0.95), count: sorted.length };
}
