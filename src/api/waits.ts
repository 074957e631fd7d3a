/** `GET /v1/messages/{key}?wait=`: requests that are answered when the status of a message is final or needs a person. */
import type { Response } from 'express';
import { hasSettled } from '../domain/messageState.js';
import { onceAborted, withinTime } from '../lib/deadline.js';
import { awaitChange } from '../store/awaitChange.js';
import type { RecordedMessage } from '../store/messageHistory.js';
import { NoAnswerInTime } from '../temporal/boundedClient.js';
import type { ApiContext } from './apiContext.js';
import { ANY_TENANT, findMessage, type Asker } from './findMessage.js';
import { Problem } from './problem.js';

/**
 * Waiting costs Temporal little, but it has a limit to the questions that it holds at once (1,200 in a namespace by default,
 * `frontend.namespaceCount`), and workers need theirs.
 */
const MAXIMUM_WAITS = 500;

/** How long after the end of a wait its answer may come: as long as one look at the message may take. */
const LOOK_MS = 1_000;

type WaitContext = Pick<ApiContext, 'longPollClient' | 'stopping' | 'waitClient'>;

export class Waits {
  readonly #context: WaitContext;
  #waiting = 0;

  constructor(context: WaitContext) {
    this.#context = context;
  }

  /**
   * Resolves with the message when its status is final or it needs a decision, when the time is over, or when the API stops;
   * undefined if the client has left. The answer comes at most a second after the time is over, also if Temporal is silent:
   * then it has the state that was read last.
   *
   * @throws Problem if too many requests wait, or Temporal doesn't answer the first look at the message
   */
  async settled(
    asker: Asker,
    key: string,
    waitMs: number,
    response: Response,
  ): Promise<RecordedMessage | undefined> {
    const wait = new Wait(waitMs, response, this.#context.stopping);
    try {
      const message = await this.#look(asker, key, wait);
      if (hasSettled(message.state)) return message;
      if (this.#waiting >= MAXIMUM_WAITS) throw tooManyWaits();
      this.#waiting += 1;
      try {
        return await this.#follow(message, wait);
      } finally {
        this.#waiting -= 1;
      }
    } finally {
      wait.end();
    }
  }

  async #follow(first: RecordedMessage, wait: Wait): Promise<RecordedMessage | undefined> {
    let message = first;
    while (!wait.signal.aborted && !hasSettled(message.state)) {
      await awaitChange(this.#context.longPollClient, message, wait.signal);
      if (wait.clientHasLeft) return undefined;
      message = await this.#lookAgain(message, wait);
    }
    return message;
  }

  async #lookAgain(last: RecordedMessage, wait: Wait): Promise<RecordedMessage> {
    try {
      // The whole id is enough: the first look has found that the caller may see it.
      return await this.#look(ANY_TENANT, last.state.deduplicationKey, wait);
    } catch (error) {
      if (wait.signal.aborted) return last;
      throw error;
    }
  }

  async #look(asker: Asker, key: string, wait: Wait): Promise<RecordedMessage> {
    const withinMs = wait.remainingMs() + LOOK_MS;
    const { waitClient } = this.#context;
    const looking = waitClient.withDeadline(Date.now() + withinMs, () =>
      findMessage(waitClient, asker, key),
    );
    return await withinTime(looking, withinMs, { late: () => new NoAnswerInTime(withinMs) });
  }
}

/** One request that waits. Its signal is aborted when it should wait no longer. */
class Wait {
  readonly #over = new AbortController();
  readonly #until: number;
  readonly #timer: NodeJS.Timeout;
  readonly #forget: () => void;
  clientHasLeft = false;

  constructor(waitMs: number, response: Response, stopping: AbortSignal) {
    this.#until = performance.now() + waitMs;
    this.#timer = setTimeout(() => this.#over.abort(), waitMs);
    this.#forget = onceAborted([stopping], () => this.#over.abort());
    response.once('close', () => {
      this.clientHasLeft = true;
      this.#over.abort();
    });
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  remainingMs(): number {
    return this.signal.aborted ? 0 : Math.max(0, this.#until - performance.now());
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#forget();
    this.#over.abort();
  }
}

function tooManyWaits(): Problem {
  return new Problem(
    'overloaded',
    `${MAXIMUM_WAITS} requests wait already. Send it again without "wait".`,
    { retryAfterSeconds: 5 },
  );
}
