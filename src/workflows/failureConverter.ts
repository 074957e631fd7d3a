/** How the workflow code's failures become Temporal's: a worker that encrypts content hides what they say, too. */
import { DefaultFailureConverter } from '@temporalio/common';
import { FAILURES_ARE_ENCODED } from '../contract/encodedFailures.js';

export const failureConverter = new DefaultFailureConverter({
  encodeCommonAttributes: Object.hasOwn(globalThis, FAILURES_ARE_ENCODED),
});
