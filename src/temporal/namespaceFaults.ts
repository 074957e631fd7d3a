/** What a namespace must have before sendproof works in it: itself, its search attributes with their types, its retention. */
import type { ConnectionLike } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import proto from '@temporalio/proto';
import { SEARCH_ATTRIBUTES } from '../contract/searchAttributes.js';
import { own } from '../lib/own.js';
import { shellCommand } from '../lib/shellCommand.js';
import { GRPC_STATUS, grpcFailureOf } from './grpcStatus.js';
import { retentionFault } from './retention.js';
import { optionalTsToMs } from './sdkInternals.js';

export interface NamespaceFault {
  kind: 'namespace' | 'retention' | 'search_attribute';
  /** What is wrong, as `search attribute TraceId is not registered`. */
  fault: string;
  /** The command that fixes it, or what else does. */
  remedy: string;
}

const { IndexedValueType, NamespaceState } = proto.temporal.api.enums.v1;

/**
 * Everything that the namespace lacks; empty if it has all. Two calls.
 *
 * Rejects with the error of gRPC when Temporal doesn't answer, or refuses to describe the namespace.
 *
 * @param windowMs how long duplicates must be recognised
 */
export async function namespaceFaults(
  connection: ConnectionLike,
  namespace: string,
  windowMs: number,
): Promise<NamespaceFault[]> {
  const description = await describe(connection, namespace);
  if (!description) return [missingNamespace(namespace, windowMs)];
  const retentionMs = optionalTsToMs(description.config?.workflowExecutionRetentionTtl) ?? 0;
  const retention = retentionFault(namespace, retentionMs, windowMs);
  const attributes = await searchAttributeFaults(connection, namespace);
  return [
    ...(retention ? [{ kind: 'retention' as const, ...retention }] : []),
    // Without the right to list them, they are taken for complete.
    ...(attributes ?? []),
  ];
}

/** As one sentence for a log or an answer. */
export function sentenceOf({ fault, remedy }: Pick<NamespaceFault, 'fault' | 'remedy'>): string {
  return `${fault}: ${remedy}`;
}

/** Undefined if there is no such namespace, or it is being deleted. */
async function describe(
  connection: ConnectionLike,
  namespace: string,
): Promise<proto.temporal.api.workflowservice.v1.IDescribeNamespaceResponse | undefined> {
  try {
    const description = await connection.workflowService.describeNamespace({ namespace });
    const isDeleted = description.namespaceInfo?.state === NamespaceState.NAMESPACE_STATE_DELETED;
    return isDeleted ? undefined : description;
  } catch (error) {
    if (grpcFailureOf(error)?.status === GRPC_STATUS.NOT_FOUND) return undefined;
    throw error;
  }
}

function missingNamespace(namespace: string, windowMs: number): NamespaceFault {
  const command = shellCommand('temporal operator namespace create', [], {
    namespace,
    retention: `${Math.max(72, Math.ceil(windowMs / 3_600_000))}h`,
  });
  return {
    kind: 'namespace',
    fault: `namespace "${namespace}" doesn't exist`,
    remedy: `Set TEMPORAL_NAMESPACE to a namespace that exists, or create it: ${command}`,
  };
}

/** The search attributes that are missing or have another type; undefined if these credentials may not list them. */
export async function searchAttributeFaults(
  { operatorService }: ConnectionLike,
  namespace: string,
): Promise<NamespaceFault[] | undefined> {
  let registered: Record<string, proto.temporal.api.enums.v1.IndexedValueType>;
  try {
    ({ customAttributes: registered } = await operatorService.listSearchAttributes({ namespace }));
  } catch (error) {
    if (mayNotList(error)) return undefined;
    throw error;
  }
  return SEARCH_ATTRIBUTES.flatMap(({ name, type }) => {
    const present = own(registered, name);
    if (present === IndexedValueType[`INDEXED_VALUE_TYPE_${type}`]) return [];
    const typeName = TypedSearchAttributes.toMetadataType(type);
    return [
      present === undefined
        ? missingAttribute(namespace, name, typeName)
        : wrongAttribute(name, typeName),
    ];
  });
}

/** Temporal Cloud has no operator service. */
function mayNotList(error: unknown): boolean {
  const { PERMISSION_DENIED, UNAUTHENTICATED, UNIMPLEMENTED } = GRPC_STATUS;
  const status = grpcFailureOf(error)?.status;
  return status === PERMISSION_DENIED || status === UNAUTHENTICATED || status === UNIMPLEMENTED;
}

function missingAttribute(namespace: string, name: string, typeName: string): NamespaceFault {
  return {
    kind: 'search_attribute',
    fault: `search attribute ${name} is not registered`,
    remedy: shellCommand('temporal operator search-attribute create', [], {
      namespace,
      name,
      type: typeName,
    }),
  };
}

function wrongAttribute(name: string, typeName: string): NamespaceFault {
  return {
    kind: 'search_attribute',
    fault: `search attribute ${name} is registered with another type than ${typeName}`,
    remedy:
      'Use another namespace, for sendproof alone: the type of a search attribute can’t be changed.',
  };
}
