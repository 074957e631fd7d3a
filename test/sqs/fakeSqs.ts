/** Amazon SQS in memory, as strict as the service: standard and FIFO queues behind the `send` of the SDK's client. */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  ChangeMessageVisibilityBatchCommandInput,
  DeleteMessageBatchCommandInput,
  GetQueueAttributesCommandInput,
  Message,
  MessageAttributeValue,
  ReceiveMessageCommandInput,
  SendMessageBatchCommandInput,
} from '@aws-sdk/client-sqs';
import type { SqsClient } from '../../src/queues/sqs/calls.js';

const LARGEST_BYTES = 1024 * 1024;
const MOST_IN_BATCH = 10;
const LOOK_AGAIN_MS = 5;
/** How long a second of waiting for messages takes, so that unit tests are quick. */
const WAITED_SECOND_MS = 20;
const TEXT = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]+$/u;
const NAME = /^(?!aws\.|amazon\.|\.)(?!.*\.(?:\.|$))[A-Za-z0-9_.-]{1,256}$/i;

interface Stored {
  id: string;
  body: string;
  attributes: Record<string, MessageAttributeValue>;
  group: string | undefined;
  sentAt: number;
  visibleAt: number;
  receives: number;
  receipt: string | undefined;
}

/** As the SDK makes an error of an answer. */
class SqsFault extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

export class FakeSqs implements Pick<SqsClient, 'destroy'> {
  readonly #queues = new Map<string, Stored[]>();
  readonly #deduplicated = new Map<string, string>();
  /** Calls by the name of the command. */
  readonly calls: string[] = [];
  /** A message comes again after it, however long it was to be hidden. */
  longestHiddenMs = Number.POSITIVE_INFINITY;
  /** Hands out first what was received least often. SQS promises no order. */
  prefersNew = false;
  /** Answers the next calls instead of the queue, by the name of the command. */
  fail: (command: string) => Error | undefined = () => undefined;

  constructor(urls: readonly string[]) {
    for (const url of urls) this.#queues.set(url, []);
  }

  get client(): SqsClient {
    return this as unknown as SqsClient;
  }

  /** How many may be received now. */
  visible(url: string): number {
    return this.#queue(url).filter(({ visibleAt }) => visibleAt <= Date.now()).length;
  }

  /** What is in the queue, hidden or not. */
  bodies(url: string): string[] {
    return this.#queue(url).map(({ body }) => body);
  }

  destroy(): void {
    this.calls.push('destroy');
  }

  async send(
    command: { input: object; constructor: { name: string } },
    options: { abortSignal?: AbortSignal } = {},
  ): Promise<unknown> {
    const { name } = command.constructor;
    this.calls.push(name);
    await delay(1);
    const failure = this.fail(name);
    if (failure) throw failure;
    const input = command.input as never;
    switch (name) {
      case 'SendMessageBatchCommand':
        return this.#sendBatch(input);
      case 'ReceiveMessageCommand':
        return await this.#receive(input, options.abortSignal);
      case 'DeleteMessageBatchCommand':
        return this.#deleteBatch(input);
      case 'ChangeMessageVisibilityBatchCommand':
        return this.#changeBatch(input);
      case 'GetQueueAttributesCommand':
        return this.#attributes(input);
      default:
        throw new Error(`The fake has no ${name}.`);
    }
  }

  #queue(url: string | undefined): Stored[] {
    const queue = this.#queues.get(url ?? '');
    if (!queue) {
      throw new SqsFault('QueueDoesNotExist', 'The specified queue does not exist.');
    }
    return queue;
  }

  #sendBatch({ Entries, QueueUrl = '' }: SendMessageBatchCommandInput) {
    const queue = this.#queue(QueueUrl);
    const entries = batch(Entries);
    const total = entries.reduce(
      (sum, { MessageAttributes, MessageBody }) => sum + sizeOf(MessageBody, MessageAttributes),
      0,
    );
    if (total > LARGEST_BYTES) {
      throw new SqsFault('BatchRequestTooLong', 'Batch requests cannot be longer than 1048576.');
    }
    const isFifo = QueueUrl.endsWith('.fifo');
    for (const entry of entries) {
      const { MessageAttributes = {}, MessageBody = '' } = entry;
      if (!TEXT.test(MessageBody)) throw new SqsFault('InvalidMessageContents', 'bad characters');
      if (Object.keys(MessageAttributes).length > 10) {
        throw new SqsFault('InvalidParameterValue', 'Number of message attributes exceeds 10.');
      }
      for (const [name, value] of Object.entries(MessageAttributes)) assertTaken(name, value);
      const hasFifoFields = entry.MessageGroupId !== undefined;
      if (isFifo !== hasFifoFields) throw new SqsFault('MissingParameter', 'MessageGroupId');
      if (isFifo && entry.MessageDeduplicationId === undefined) {
        throw new SqsFault('InvalidParameterValue', 'MessageDeduplicationId');
      }
      const seen = `${QueueUrl} ${entry.MessageDeduplicationId ?? randomUUID()}`;
      if (this.#deduplicated.has(seen)) continue;
      const id = randomUUID();
      this.#deduplicated.set(seen, id);
      queue.push({
        id,
        body: MessageBody,
        attributes: structuredClone(MessageAttributes),
        group: entry.MessageGroupId,
        sentAt: Date.now(),
        visibleAt: 0,
        receives: 0,
        receipt: undefined,
      });
    }
    return { Successful: entries.map(({ Id }) => ({ Id })) };
  }

  async #receive(
    {
      MaxNumberOfMessages = 1,
      QueueUrl,
      VisibilityTimeout = 30,
      WaitTimeSeconds = 0,
    }: ReceiveMessageCommandInput,
    signal: AbortSignal | undefined,
  ) {
    const queue = this.#queue(QueueUrl);
    const until = Date.now() + WaitTimeSeconds * WAITED_SECOND_MS;
    for (;;) {
      if (signal?.aborted) throw new SqsFault('AbortError', 'Request aborted');
      const taken = this.#take(queue, Math.min(MaxNumberOfMessages, 10), VisibilityTimeout);
      if (taken.length > 0) return { Messages: taken };
      if (Date.now() >= until) return {};
      await delay(LOOK_AGAIN_MS);
    }
  }

  #take(queue: Stored[], most: number, hiddenS: number): Message[] {
    const now = Date.now();
    // As long as a message of a group is hidden, no other of the group is handed out.
    const blocked = new Set(
      queue.filter(({ visibleAt }) => visibleAt > now).map(({ group }) => group),
    );
    blocked.delete(undefined);
    const free = queue.filter(({ group, visibleAt }) => visibleAt <= now && !blocked.has(group));
    if (this.prefersNew) free.sort((one, other) => one.receives - other.receives);
    return free.slice(0, most).map((stored) => {
      stored.visibleAt = now + Math.min(hiddenS * 1_000, this.longestHiddenMs);
      stored.receives += 1;
      stored.receipt = randomUUID();
      return {
        MessageId: stored.id,
        ReceiptHandle: stored.receipt,
        Body: stored.body,
        MD5OfBody: createHash('md5').update(stored.body).digest('hex'),
        Attributes: {
          ApproximateReceiveCount: String(stored.receives),
          SentTimestamp: String(stored.sentAt),
          ...(stored.group !== undefined && { MessageGroupId: stored.group }),
        },
        ...(Object.keys(stored.attributes).length > 0 && {
          MessageAttributes: structuredClone(stored.attributes),
        }),
      };
    });
  }

  #deleteBatch({ Entries, QueueUrl }: DeleteMessageBatchCommandInput) {
    const queue = this.#queue(QueueUrl);
    for (const { ReceiptHandle } of batch(Entries)) {
      const at = queue.findIndex(({ receipt }) => receipt === ReceiptHandle);
      if (at >= 0) queue.splice(at, 1);
    }
    return {};
  }

  #changeBatch({ Entries, QueueUrl }: ChangeMessageVisibilityBatchCommandInput) {
    const queue = this.#queue(QueueUrl);
    const failed = batch(Entries).flatMap(({ Id, ReceiptHandle, VisibilityTimeout = 0 }) => {
      const stored = queue.find(({ receipt }) => receipt === ReceiptHandle);
      if (!stored || stored.visibleAt <= Date.now()) {
        return [{ Id, Code: 'MessageNotInflight', Message: 'not in flight', SenderFault: true }];
      }
      stored.visibleAt = Date.now() + Math.min(VisibilityTimeout * 1_000, this.longestHiddenMs);
      return [];
    });
    return { Failed: failed };
  }

  #attributes({ AttributeNames = [], QueueUrl }: GetQueueAttributesCommandInput) {
    const queue = this.#queue(QueueUrl);
    const hidden = queue.filter(({ visibleAt }) => visibleAt > Date.now()).length;
    const all = Object.entries({
      ApproximateNumberOfMessages: queue.length - hidden,
      ApproximateNumberOfMessagesNotVisible: hidden,
      ApproximateNumberOfMessagesDelayed: 0,
      MaximumMessageSize: LARGEST_BYTES,
    });
    const asked = all.filter(([name]) => (AttributeNames as string[]).includes(name));
    return {
      Attributes: Object.fromEntries(asked.map(([name, value]) => [name, String(value)])),
    };
  }
}

function batch<Entry>(entries: Entry[] | undefined): Entry[] {
  if (!entries || entries.length === 0) throw new SqsFault('EmptyBatchRequest', 'no entries');
  if (entries.length > MOST_IN_BATCH) {
    throw new SqsFault('TooManyEntriesInBatchRequest', 'Maximum number of entries per request: 10');
  }
  return entries;
}

function sizeOf(body = '', attributes: Record<string, MessageAttributeValue> = {}): number {
  return Object.entries(attributes).reduce(
    (sum, [name, { BinaryValue, DataType = '', StringValue = '' }]) =>
      sum +
      name.length +
      DataType.length +
      Buffer.byteLength(StringValue) +
      (BinaryValue?.length ?? 0),
    Buffer.byteLength(body),
  );
}

function assertTaken(
  name: string,
  { BinaryValue, DataType = '', StringValue }: MessageAttributeValue,
) {
  const isBinary = DataType.startsWith('Binary');
  const isTaken = isBinary ? (BinaryValue?.length ?? 0) > 0 : TEXT.test(StringValue ?? '');
  if (!NAME.test(name) || !isTaken || !/^(?:String|Number|Binary)/.test(DataType)) {
    throw new SqsFault('InvalidParameterValue', `The message attribute '${name}' is not valid.`);
  }
}
