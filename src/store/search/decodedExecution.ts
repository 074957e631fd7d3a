import type { Client } from '@temporalio/client';
import { defaultPayloadConverter, type LoadedDataConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import {
  UnreadableContent,
  unreadableContentIn,
} from '../../temporal/encryption/unreadableContent.js';
import { executionInfoFromRaw } from '../../temporal/sdkInternals.js';
import type { MessageExecution } from '../messageExecution.js';

/**
 * An entry of one of Temporal's lists, with its memo and its search attributes decoded. One whose memo can't be decrypted has the fields
 * that can, and `unreadable`: a list shows the others all the same.
 */
export async function decodedExecution(
  client: Client,
  raw: temporal.api.workflow.v1.IWorkflowExecutionInfo,
): Promise<MessageExecution> {
  const { loadedDataConverter, namespace } = client.options;
  const decode = (converter: LoadedDataConverter) =>
    executionInfoFromRaw(raw as Required<typeof raw>, converter, raw, namespace);
  try {
    return await decode(loadedDataConverter);
  } catch (error) {
    const fault = unreadableContentIn(error);
    if (!fault) throw error;
    const execution = await decode(withNullForUnreadable(loadedDataConverter));
    const fields = Object.entries(execution.memo ?? {}).filter(([, value]) => value !== null);
    return { ...execution, memo: Object.fromEntries(fields), unreadable: fault.message };
  }
}

function withNullForUnreadable(converter: LoadedDataConverter): LoadedDataConverter {
  const nothing = defaultPayloadConverter.toPayload(null);
  const payloadCodecs = converter.payloadCodecs.map(
    (codec): (typeof converter.payloadCodecs)[0] => ({
      encode: (payloads) => codec.encode(payloads),
      decode: (payloads, context) =>
        codec.decode(payloads, context).catch((error: unknown) => {
          // A memo is decoded field by field.
          if (error instanceof UnreadableContent) return payloads.map(() => nothing);
          throw error;
        }),
    }),
  );
  return { ...converter, payloadCodecs };
}
