/** Dead letters as they are received: whole, or in parts that come in any order, perhaps several times. */
import type { Message } from '@aws-sdk/client-sqs';
import { joinParts } from './content.js';
import { partOf } from './deadLetterAttributes.js';

export interface ReceivedLetter {
  /** As if it was one. */
  message: Message;
  /** What is to be deleted, or given back, with it. */
  stored: Message[];
}

export class DeadLetterParts {
  /** By the id of the dead letter, and the index of the part. */
  readonly #incomplete = new Map<string, Map<number, Message[]>>();

  /** The letters that are complete with these messages. */
  add(messages: readonly Message[]): ReceivedLetter[] {
    return messages.flatMap((message) => this.#addOne(message) ?? []);
  }

  /** Messages of letters of which a part has not come. */
  rest(): Message[] {
    return [...this.#incomplete.values()].flatMap((parts) => [...parts.values()].flat());
  }

  #addOne(message: Message): ReceivedLetter | undefined {
    const part = partOf(message);
    if (!part) return { message, stored: [message] };
    const { count, id, index } = part;
    const parts = this.#incomplete.get(id) ?? new Map<number, Message[]>();
    this.#incomplete.set(id, parts.set(index, [...(parts.get(index) ?? []), message]));
    const first = Array.from({ length: count }, (_, each) => parts.get(each)?.[0]);
    if (!first.every((each) => each !== undefined)) return undefined;
    this.#incomplete.delete(id);
    return { message: joinParts(first), stored: [...parts.values()].flat() };
  }
}
