/** The workflow types, as the worker registers them by name. */
export { acknowledgeSource } from './acknowledgement/acknowledgeSource.js';
export { batch } from './batch/batch.js';
export { conversation } from './conversations/conversation.js';
export { deadLetterQueue } from './deadLetters/deadLetterQueue.js';
export { deliverMessage } from './message/deliverMessage.js';
export { accountTrouble } from './account/accountTrouble.js';
export { eventGroup } from './groups/eventGroup.js';
export { findOverdue } from './message/findOverdue.js';
