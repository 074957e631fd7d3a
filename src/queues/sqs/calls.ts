/** The calls of SQS that are needed, each with a deadline, and in batches where there is one. */
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
  type BatchResultErrorEntry,
  type Message,
  type MessageSystemAttributeName,
  type QueueAttributeName,
} from '@aws-sdk/client-sqs';
import { withinTime } from '../../lib/deadline.js';
import { sizeOf, type Written } from './content.js';
import { regionOf, type SqsTargetSettings } from './settings.js';

/** What is needed of the SDK's client. */
export type SqsClient = Pick<SQSClient, 'send' | 'destroy'>;

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const MOST_IN_BATCH = 10;

/** Of any request that waits for messages. */
const LONGEST_WAIT_MS = 5_000;

const CONNECT_WITHIN_MS = 3_000;
const CALL_WITHIN_MS = 8_000;
const ATTEMPTS = 3;

/** All that `Message.Attributes` is read for. */
export const SYSTEM_ATTRIBUTES: MessageSystemAttributeName[] = [
  'ApproximateReceiveCount',
  'DeadLetterQueueSourceArn',
  'MessageGroupId',
  'SentTimestamp',
];

/** With the credentials of the SDK's default chain. Connects to nothing. */
export function sqsClient({ endpoint, region, url }: SqsTargetSettings): SQSClient {
  return new SQSClient({
    // The settings have one of them.
    region: region ?? regionOf(url) ?? '',
    endpoint: endpoint ?? new URL(url).origin,
    useQueueUrlAsEndpoint: false,
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_WITHIN_MS,
      requestTimeout: LONGEST_WAIT_MS + CALL_WITHIN_MS,
      throwOnRequestTimeout: true,
    },
  });
}

/** An entry of a batch that SQS did not do. */
export interface Failed<Entry> {
  entry: Entry;
  error: Error;
  /** Whether it can't succeed when it is tried again. */
  isFinal: boolean;
}

export interface Outgoing {
  written: Written;
  /** Only for FIFO queues. */
  fifo?: { group: string; deduplicationId: string } | undefined;
}

export class SqsCalls {
  readonly #client: SqsClient;
  readonly #url: string;

  constructor(client: SqsClient, url: string) {
    this.#client = client;
    this.#url = url;
  }

  async receive(options: { hiddenForS: number; waitS: number }): Promise<Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.#url,
      MaxNumberOfMessages: MOST_IN_BATCH,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: SYSTEM_ATTRIBUTES,
      VisibilityTimeout: options.hiddenForS,
      WaitTimeSeconds: options.waitS,
    });
    const { Messages = [] } = await this.#within(
      this.#client.send(command),
      options.waitS * 1_000 + CALL_WITHIN_MS,
    );
    return Messages;
  }

  /** Resolves with those that SQS did not store. */
  async send(entries: readonly Outgoing[]): Promise<Failed<Outgoing>[]> {
    const command = new SendMessageBatchCommand({
      QueueUrl: this.#url,
      Entries: entries.map(({ fifo, written }, index) => ({
        Id: String(index),
        ...written,
        ...(fifo && { MessageGroupId: fifo.group, MessageDeduplicationId: fifo.deduplicationId }),
      })),
    });
    const { Failed } = await this.#within(this.#client.send(command));
    return failuresOf(entries, Failed);
  }

  async delete(messages: readonly Message[]): Promise<Failed<Message>[]> {
    const command = new DeleteMessageBatchCommand({
      QueueUrl: this.#url,
      Entries: messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
    });
    const { Failed } = await this.#within(this.#client.send(command));
    return failuresOf(messages, Failed);
  }

  /** Hides the messages for so long from now on; 0: any consumer may have them at once. */
  async hide(messages: readonly Message[], seconds: number): Promise<Failed<Message>[]> {
    const command = new ChangeMessageVisibilityBatchCommand({
      QueueUrl: this.#url,
      Entries: messages.map(({ ReceiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle,
        VisibilityTimeout: seconds,
      })),
    });
    const { Failed } = await this.#within(this.#client.send(command));
    return failuresOf(messages, Failed);
  }

  async attributes<Name extends QueueAttributeName>(
    names: Name[],
  ): Promise<Partial<Record<Name, string>>> {
    const command = new GetQueueAttributesCommand({ QueueUrl: this.#url, AttributeNames: names });
    const { Attributes = {} } = await this.#within(this.#client.send(command));
    return Attributes;
  }

  async #within<Result>(work: Promise<Result>, withinMs = CALL_WITHIN_MS): Promise<Result> {
    const late = () => new Error(`SQS has not answered within ${withinMs} ms`);
    return await withinTime(work, withinMs, { late });
  }
}

function failuresOf<Entry>(
  entries: readonly Entry[],
  failures: readonly BatchResultErrorEntry[] = [],
): Failed<Entry>[] {
  return failures.flatMap(({ Code, Id, Message: message, SenderFault }) => {
    const entry = entries[Number(Id)];
    if (entry === undefined) return [];
    const error = new Error(`${Code ?? 'unknown'}${message === undefined ? '' : `: ${message}`}`);
    return [{ entry, error, isFinal: SenderFault === true }];
  });
}

/** Parts that fit into one request each, in order. */
export function batchesOf(entries: readonly Outgoing[], limitBytes: number): Outgoing[][] {
  const batches: Outgoing[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = sizeOf(entry.written);
    const last = batches.at(-1);
    if (last && last.length < MOST_IN_BATCH && bytes + size <= limitBytes) {
      last.push(entry);
      bytes += size;
    } else {
      batches.push([entry]);
      bytes = size;
    }
  }
  return batches;
}

export function inTens<Entry>(entries: readonly Entry[]): Entry[][] {
  return Array.from({ length: Math.ceil(entries.length / MOST_IN_BATCH) }, (_, index) =>
    entries.slice(index * MOST_IN_BATCH, (index + 1) * MOST_IN_BATCH),
  );
}
