/** How long a namespace keeps closed workflows, and so how long it can recognise a duplicate. */
import type { ConnectionLike } from '@temporalio/client';
import { msToTs, optionalTsToMs } from './sdkInternals.js';
import { ConfigurationError } from '../lib/configurationError.js';
import { shellCommand } from '../lib/shellCommand.js';

const HOUR_MS = 3_600_000;

/** In milliseconds. Rejects if the namespace doesn't exist. */
export async function namespaceRetentionMs(
  connection: ConnectionLike,
  namespace: string,
): Promise<number> {
  const { config } = await connection.workflowService.describeNamespace({ namespace });
  return optionalTsToMs(config?.workflowExecutionRetentionTtl) ?? 0;
}

/**
 * Raises the namespace's retention to at least this long; never shortens it. For the embedded server, which sendproof sets
 * up itself; elsewhere it needs an administrator's rights.
 */
export async function raiseNamespaceRetention(
  connection: ConnectionLike,
  namespace: string,
  retentionMs: number,
): Promise<void> {
  if ((await namespaceRetentionMs(connection, namespace)) >= retentionMs) return;
  await connection.workflowService.updateNamespace({
    namespace,
    config: { workflowExecutionRetentionTtl: msToTs(retentionMs) },
  });
}

/**
 * Makes sure that a duplicate is still recognised at the end of its window. Rejects with a ConfigurationError that names
 * the command to fix it.
 */
export async function checkRetention(
  connection: ConnectionLike,
  namespace: string,
  windowMs: number,
): Promise<void> {
  const retentionMs = await namespaceRetentionMs(connection, namespace);
  const short = retentionFault(namespace, retentionMs, windowMs);
  if (short) throw new ConfigurationError(`The Temporal ${short.fault}. ${short.remedy}`);
}

/** What is wrong with a retention that is shorter than the window, and the remedy; undefined if nothing is. */
export function retentionFault(
  namespace: string,
  retentionMs: number,
  windowMs: number,
): { fault: string; remedy: string } | undefined {
  if (retentionMs >= windowMs) return undefined;
  const command = shellCommand('temporal operator namespace update', [], {
    namespace,
    retention: `${Math.ceil(windowMs / HOUR_MS)}h`,
  });
  return {
    fault: `namespace "${namespace}" keeps closed workflows for only ${retentionMs / HOUR_MS} h, but duplicates have to be recognised for ${windowMs / HOUR_MS} h (DEDUPLICATION_WINDOW)`,
    remedy: `Shorten the window, or run: ${command}`,
  };
}
