/** What keeps a queue of SQS from being used. */
import type { SqsCalls } from './calls.js';
import { queueNameOf } from './settings.js';

type Use = 'consume' | 'send';

const RIGHTS: Record<Use, string> = {
  consume:
    'sqs:GetQueueAttributes, sqs:ReceiveMessage, sqs:SendMessage, sqs:ChangeMessageVisibility and sqs:DeleteMessage',
  send: 'sqs:GetQueueAttributes and sqs:SendMessage',
};

/** Undefined where nothing does. Rejects where the queue can't be asked. */
export async function faultOf(calls: SqsCalls, url: string, use: Use): Promise<string | undefined> {
  try {
    await calls.attributes(['QueueArn']);
    return undefined;
  } catch (error) {
    const fault = knownFaultOf(error, queueNameOf(url), use);
    if (fault === undefined) throw error;
    return fault;
  }
}

/** For people, with the remedy; undefined for a failure of another kind. */
export function knownFaultOf(error: unknown, queue: string, use: Use): string | undefined {
  const { message, name } = error as Error;
  if (/NonExistentQueue|QueueDoesNotExist/.test(name)) {
    return `SQS has no queue ${queue}: create it, or correct its URL.`;
  }
  if (name.includes('AccessDenied')) {
    return `These AWS credentials may not use the queue ${queue}: allow ${RIGHTS[use]}.`;
  }
  if (name === 'CredentialsProviderError') {
    return `There are no AWS credentials for the queue ${queue}: ${message}`;
  }
  return undefined;
}
