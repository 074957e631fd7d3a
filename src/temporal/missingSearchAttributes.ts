import type { ConnectionLike } from '@temporalio/client';
import proto from '@temporalio/proto';
import { SEARCH_ATTRIBUTES } from '../contract/searchAttributes.js';
import { own } from '../lib/own.js';
import { GRPC_STATUS, grpcFailureOf } from './grpcStatus.js';

const { IndexedValueType } = proto.temporal.api.enums.v1;

/**
 * Registers the search attributes that the namespace lacks, as one that an earlier release registered does. Resolves with their
 * names. One that is there with another type stays.
 */
export async function registerMissingSearchAttributes(
  { operatorService }: ConnectionLike,
  namespace: string,
): Promise<string[]> {
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const missing = SEARCH_ATTRIBUTES.filter(({ name }) => own(customAttributes, name) === undefined);
  if (missing.length === 0) return [];
  const searchAttributes = Object.fromEntries(
    missing.map(({ name, type }) => [name, IndexedValueType[`INDEXED_VALUE_TYPE_${type}`]]),
  );
  try {
    await operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    if (grpcFailureOf(error)?.status !== GRPC_STATUS.ALREADY_EXISTS) throw error;
  }
  return missing.map(({ name }) => name);
}
