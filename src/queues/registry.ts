/** The kinds of queues. A new one is a folder beside `kafka`, and a line here. */
import { kafka } from './kafka/kafka.js';
import type { QueueType } from './queue.js';
import { sqs } from './sqs/sqs.js';

export const QUEUE_TYPES: readonly QueueType[] = [kafka, sqs];
