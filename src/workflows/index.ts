/** The workflow types, as the worker registers them by name. */
export { deadLetterQueue } from './deadLetterQueue.js';
export { deliverMessage } from './deliverMessage.js';
