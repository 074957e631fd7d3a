/** Decodes what Temporal's histories and descriptions hold, with the client's converters. */
import type { LoadedDataConverter } from '@temporalio/common';
import proto, { type temporal } from '@temporalio/proto';
import { isEncrypted } from '../temporal/encryption/contentCodec.js';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
  encodeToPayloads,
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

const { Payload } = proto.temporal.api.common.v1;

/** What an encrypted text begins with, where Temporal has a text and no payload. */
const ENCRYPTED_TEXT = 'encrypted:';

/** A text for a field of Temporal that isn't a payload: as it is, unless the client's codecs encrypt. */
export async function encodeText(converter: LoadedDataConverter, text: string): Promise<string> {
  const [payload] = (await encodeToPayloads(converter, text)) ?? [];
  if (!payload || !isEncrypted(payload)) return text;
  return ENCRYPTED_TEXT + Buffer.from(Payload.encode(payload).finish()).toString('base64');
}

export async function decodeText(converter: LoadedDataConverter, text: string): Promise<string> {
  if (!text.startsWith(ENCRYPTED_TEXT)) return text;
  const payload = payloadOf(text.slice(ENCRYPTED_TEXT.length));
  // Whoever has written that in clear has not used our codec.
  if (!payload || !isEncrypted(payload)) return text;
  const [decoded] = await decodeValues<[string]>(converter, { payloads: [payload] });
  return decoded;
}

function payloadOf(base64: string): temporal.api.common.v1.IPayload | undefined {
  try {
    return Payload.decode(Buffer.from(base64, 'base64'));
  } catch {
    return undefined;
  }
}
