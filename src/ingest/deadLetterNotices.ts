/** Notifies the operators of records that were moved to the dead letters: at once of the first, then of all in a window together. */
import type { Logger } from 'pino';
import { inCode } from '../lib/markdownCode.js';
import type { OperatorNotice } from '../contract/notices.js';

export interface DeadLetterNoticesOptions {
  windowMs: number;
  /** Resolves when the notice is accepted. */
  tell(notice: OperatorNotice): Promise<unknown>;
  log: Logger;
}

interface Window {
  /** By the reason: how many were moved since the last notice. */
  counts: Map<string, number>;
  timer: NodeJS.Timeout;
}

export class DeadLetterNotices {
  readonly #options: DeadLetterNoticesOptions;
  readonly #windows = new Map<string, Window>();

  constructor(options: DeadLetterNoticesOptions) {
    this.#options = options;
  }

  add({ queue, reason }: { queue: string; reason: string }): void {
    const window = this.#windows.get(queue);
    if (window) {
      window.counts.set(reason, (window.counts.get(reason) ?? 0) + 1);
      return;
    }
    this.#open(queue);
    void this.#tell(queue, new Map([[reason, 1]]));
  }

  /** Says what has not been said yet. */
  async stop(): Promise<void> {
    const windows = [...this.#windows];
    this.#windows.clear();
    for (const [queue, { counts, timer }] of windows) {
      clearTimeout(timer);
      if (counts.size > 0) await this.#tell(queue, counts);
    }
  }

  #open(queue: string): void {
    const close = (): void => {
      const { counts } = this.#windows.get(queue) ?? { counts: new Map<string, number>() };
      this.#windows.delete(queue);
      if (counts.size === 0) return;
      this.#open(queue);
      void this.#tell(queue, counts);
    };
    const timer = setTimeout(close, this.#options.windowMs);
    timer.unref();
    this.#windows.set(queue, { counts: new Map(), timer });
  }

  async #tell(queue: string, counts: ReadonlyMap<string, number>): Promise<void> {
    try {
      await this.#options.tell(noticeOf(queue, counts, new Date()));
    } catch (error) {
      this.#options.log.warn({ err: error, queue }, 'The operators could not be notified');
    }
  }
}

export function noticeOf(
  queue: string,
  counts: ReadonlyMap<string, number>,
  now: Date,
): OperatorNotice {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const subject = total === 1 ? 'One record' : `${total} records`;
  const reasons = [...counts].map(([reason, count]) => `- ${inCode(reason)}: ${count}`);
  return {
    topic: `queue/${queue}/dead-letters/${now.toISOString()}`,
    content: {
      title: `${subject} of the queue ${queue} can’t be accepted`,
      text: [
        `${subject} of the queue ${inCode(queue)} can’t be accepted, and ${total === 1 ? 'is' : 'are'} kept as ${total === 1 ? 'a dead letter' : 'dead letters'}:`,
        reasons.join('\n'),
        `${inCode(`sendproof ingest dead-letters list --queue ${queue}`)} shows them with their reasons. Correct the cause, then send them again with ${inCode(`sendproof ingest dead-letters replay --queue ${queue}`)}.`,
      ].join('\n\n'),
      severity: 'warning',
    },
    priority: 2,
  };
}
