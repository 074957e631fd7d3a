/** Amazon SQS, and what speaks its protocol. */
import type { QueueType } from '../queue.js';
import { placeOf, queueNameOf, sqsSchema, type SqsSettings } from './settings.js';
import { sqsTarget } from './sqsTarget.js';

export const sqs: QueueType<SqsSettings> = {
  name: 'sqs',
  schema: sqsSchema,
  namesDeadLetters: false,
  describe: ({ url }) => `the SQS queue ${queueNameOf(url)}`,
  places: ({ deadLetterUrl, url }) => [url, deadLetterUrl].map(placeOf),
  create: async (settings, _deadLetter, context) => {
    const { SqsQueue, sqsClient } = await import('./sqsQueue.js');
    return new SqsQueue(sqsClient(settings), settings, context);
  },
  target: sqsTarget,
};
