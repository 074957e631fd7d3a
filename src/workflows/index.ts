/** The workflow types, as the worker registers them by name. */
export { acknowledgeSource } from './acknowledgeSource.js';
export { deadLetterQueue } from './deadLetterQueue.js';
export { deliverMessage } from './deliverMessage.js';
export { accountTrouble } from './accountTrouble.js';
export { findOverdue } from './findOverdue.js';
