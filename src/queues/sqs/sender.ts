/** What is sent to one queue of SQS: in batches that it takes, in order where it has one, and again where it failed for the moment. */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { OutgoingRecord } from '../queue.js';
import { batchesOf, type Outgoing, type SqsCalls } from './calls.js';
import { textAttribute, writeContent } from './content.js';
import { isFifo } from './settings.js';

/** The limit of SQS where the queue doesn't say it. */
const LARGEST_BYTES = 1024 * 1024;

/** What a batch failed to store is tried again so often, after such pauses. */
const SEND_AGAIN_MS = [100, 400];

export class SqsSender {
  readonly #calls: SqsCalls;
  readonly #isFifo: boolean;
  #limit: Promise<number> | undefined;

  constructor(calls: SqsCalls, url: string) {
    this.#calls = calls;
    this.#isFifo = isFifo(url);
  }

  async send(records: readonly OutgoingRecord[]): Promise<void> {
    const limitBytes = await this.limitBytes();
    const entries = records.map(({ body, headers, id, key }): Outgoing => {
      const attributes = new Map(
        Object.entries(headers).map(([name, value]) => [name, textAttribute(value)]),
      );
      return {
        written: writeContent({ attributes, body }, new Map(), limitBytes),
        // Unique by default, since a sender may mean the same text twice: sendproof knows duplicates by their keys.
        fifo: this.fifo(key ?? randomUUID(), id ?? randomUUID()),
      };
    });
    const batches = batchesOf(entries, limitBytes);
    if (this.#isFifo) for (const batch of batches) await this.sendAll(batch);
    else await Promise.all(batches.map((batch) => this.sendAll(batch)));
  }

  /** What an entry has in a FIFO queue; nothing in others. */
  fifo(group: string, deduplicationId: string): Outgoing['fifo'] {
    if (!this.#isFifo) return undefined;
    // A group has up to 128 visible characters.
    return { group: /^[\x21-\x7e]{1,128}$/.test(group) ? group : hashOf(group), deduplicationId };
  }

  /** @throws where SQS has not stored all of them */
  async sendAll(batch: readonly Outgoing[]): Promise<void> {
    let failures = await this.#calls.send(batch);
    for (const pauseMs of SEND_AGAIN_MS) {
      if (failures.length === 0 || failures.some(({ isFinal }) => isFinal)) break;
      await delay(pauseMs);
      failures = await this.#calls.send(failures.map(({ entry }) => entry));
    }
    const [failure] = failures;
    if (failure) throw failure.error;
  }

  /** Of one message, with its attributes, and of a batch. */
  async limitBytes(): Promise<number> {
    this.#limit ??= this.#calls
      .attributes(['MaximumMessageSize'])
      .then(({ MaximumMessageSize: bytes }) => Number(bytes) || LARGEST_BYTES);
    this.#limit.catch(() => {
      this.#limit = undefined;
    });
    return await this.#limit;
  }

  /** Asks for it again the next time: somebody may have raised it. */
  forgetLimit(): void {
    this.#limit = undefined;
  }
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
