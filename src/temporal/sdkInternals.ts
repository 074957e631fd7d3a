/**
 * Everything that is imported from inside Temporal's SDK packages (`@temporalio/<package>/lib/…`), which they don't promise to keep.
 * Other files import it from here (`dependency-cruiser.config.js` checks this), so that an upgrade of the SDK has one file to
 * break.
 */

import { DefaultFailureConverter, type LoadedDataConverter } from '@temporalio/common';

/**
 * Conversions between protobuf timestamps or durations and milliseconds or dates. Calls of the gRPC services answer with
 * these, and the SDK's supported API has no function for them.
 */
export {
  msToTs,
  optionalTsToDate,
  optionalTsToMs,
  requiredTsToDate,
  tsToMs,
} from '@temporalio/common/lib/time.js';

/**
 * Encodes arguments through the client's converters and payload codecs, for calls that the SDK's supported API makes in another way.
 */
export { encodeToPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';

/**
 * Decode what history events and pending activities hold: payloads and failures, through the client's payload codecs and
 * converters. A client's supported API does this only for results, memos and heartbeats of its own calls, not for the events
 * of a history.
 */
export {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
} from '@temporalio/common/lib/internal-non-workflow/index.js';

/**
 * Sets the request id of a start. Temporal takes starts with one request id for one start; the supported options of
 * `WorkflowClient.start` can't set it, and always draw a random one.
 */
export {
  InternalWorkflowStartOptionsSymbol,
  type InternalWorkflowStartOptions,
} from '@temporalio/client/lib/internal.js';

/**
 * Turns one entry of `listWorkflowExecutions` into the SDK's `WorkflowExecutionInfo`. The supported `WorkflowClient.list` does
 * so itself, but neither takes a page token nor says whether there is another page.
 */
export { executionInfoFromRaw } from '@temporalio/client/lib/helpers.js';

/**
 * Hides what the failures of a worker's activities and tasks say: their messages and stacks become payloads, which its codec encrypts.
 * The supported `failureConverterPath` loads a CommonJS file, and this package has none.
 *
 * @throws Error where this release of the SDK keeps its converters elsewhere
 */
export function encodeFailuresOf(worker: object): void {
  const { options } = worker as { options?: { loadedDataConverter?: LoadedDataConverter } };
  const converter = options?.loadedDataConverter;
  if (!converter?.failureConverter)
    throw new Error('The worker has no failure converter to replace.');
  converter.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
}

/**
 * Ends the polls of a worker whose state is FAILED, so that its run settles. `Worker.shutdown` refuses to work in that state.
 * Does nothing for an object without a native worker.
 */
export function shutDownNativeWorker(worker: object): void {
  const { nativeWorker } = worker as { nativeWorker?: { initiateShutdown?: () => void } };
  nativeWorker?.initiateShutdown?.();
}
