/** A queue of SQS that is only written to. */
import { ConfigurationError } from '../../lib/configurationError.js';
import type { QueueTargetType } from '../queue.js';
import { placeOf, queueNameOf, sqsTargetSchema, type SqsTargetSettings } from './settings.js';

export const sqsTarget: QueueTargetType<SqsTargetSettings> = {
  schema: sqsTargetSchema,
  describe: ({ url }) => `the SQS queue ${queueNameOf(url)}`,
  places: ({ url }) => [placeOf(url)],
  create: async (settings) => {
    // They load the SDK.
    const [{ SqsCalls, sqsClient }, { SqsSender }, { faultOf, knownFaultOf }] = await Promise.all([
      import('./calls.js'),
      import('./sender.js'),
      import('./faults.js'),
    ]);
    const client = sqsClient(settings);
    const calls = new SqsCalls(client, settings.url);
    const sender = new SqsSender(calls, settings.url);
    return {
      send: async (records) => {
        try {
          await sender.send(records);
        } catch (cause) {
          const fault = knownFaultOf(cause, queueNameOf(settings.url), 'send');
          throw fault === undefined ? cause : new ConfigurationError(fault, { cause });
        }
      },
      sendFault: () => faultOf(calls, settings.url, 'send'),
      close: () => {
        client.destroy();
        return Promise.resolve();
      },
    };
  },
};
