import type { DeliverInput } from '../contract/deliver.js';
import type { Content } from '../domain/message.js';

/** The input of a delivery with its content as it was sent. */
export type OpenedInput = Omit<DeliverInput, 'content'> & { content: Content };
