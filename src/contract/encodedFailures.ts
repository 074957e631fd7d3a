/**
 * The name of a global variable of the workflow code, which has no other way to learn how its worker was configured: where it is set, the
 * message and the stack of a failure are a payload, which the worker's codec encrypts.
 */
export const FAILURES_ARE_ENCODED = '__sendproofFailuresAreEncoded';
