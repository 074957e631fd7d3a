/** Which messages one reading has received: what is hidden for a time comes again when that is over. */
import type { Message } from '@aws-sdk/client-sqs';

export class ReceivedOnce {
  /** The last one of each message, by its id: SQS promises nothing of those before. */
  readonly #receipts = new Map<string, string | undefined>();
  #againSinceNew = 0;

  /** Those of an answer that no answer before it had. */
  add(messages: readonly Message[]): Message[] {
    const added = messages.filter(({ MessageId = '' }) => !this.#receipts.has(MessageId));
    this.#againSinceNew = added.length > 0 ? 0 : this.#againSinceNew + messages.length;
    for (const { MessageId = '', ReceiptHandle } of messages) {
      this.#receipts.set(MessageId, ReceiptHandle);
    }
    return added;
  }

  /** Whether as many messages have come again as there are, and no new one. */
  get onlyRepeats(): boolean {
    return this.#againSinceNew > this.#receipts.size;
  }

  withLastReceipts(messages: readonly Message[]): Message[] {
    return messages.map((message) => ({
      ...message,
      ReceiptHandle: this.#receipts.get(message.MessageId ?? '') ?? message.ReceiptHandle,
    }));
  }
}
