/** Decodes what Temporal's histories and descriptions hold, with the client's converters. */
import type { LoadedDataConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
} from '../temporal/sdkInternals.js';

export type Payloads = temporal.api.common.v1.IPayloads;
export type Failure = temporal.api.failure.v1.IFailure;

/** The values of an input, a result or a heartbeat; as many as there are, whatever `Values` says. */
export async function decodeValues<Values extends unknown[]>(
  converter: LoadedDataConverter,
  payloads: Payloads | null | undefined,
): Promise<Values> {
  return (await decodeArrayFromPayloads(converter, payloads?.payloads)) as Values;
}

export async function decodeFailure(
  converter: LoadedDataConverter,
  failure: Failure | null | undefined,
): Promise<Error | undefined> {
  return await decodeOptionalFailureToOptionalError(converter, failure);
}
