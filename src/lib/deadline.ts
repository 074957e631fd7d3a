/**
 * Deadlines by timers of our own. `AbortSignal.timeout` and `AbortSignal.any` are not used for them: Node.js holds such signals
 * weakly, so that one may be collected before its time and never fire, and a library may ignore the signal that it is given.
 */

import { setMaxListeners } from 'node:events';

type Signals = readonly (AbortSignal | undefined)[];

/**
 * Resolves or rejects as the work does, but rejects when the time is over or one of the signals is aborted. The work itself
 * goes on, and nobody sees its result.
 *
 * @param options.late makes the error for when the time is over
 * @param options.signals reject with their reason
 */
export async function withinTime<Result>(
  work: Promise<Result>,
  withinMs: number,
  options: { late: () => Error; signals?: Signals },
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  let forget: () => void = () => undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(options.late()), withinMs);
    forget = onceAborted(options.signals ?? [], reject);
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
    forget();
  }
}

/** Resolves or rejects as the work does, but rejects with the reason of the signal when that is aborted. The work itself goes on. */
export async function unlessAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  let forget: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    forget = onceAborted([signal], reject);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    forget();
  }
}

/**
 * Calls `abort` with the reason of the first of these signals that is aborted, at once if one is already.
 *
 * @returns a function that stops listening
 */
export function onceAborted(signals: Signals, abort: (reason: Error) => void): () => void {
  const listening = signals.filter((signal) => signal !== undefined);
  const forget = (): void => {
    for (const signal of listening) signal.removeEventListener('abort', onAbort);
  };
  const onAbort = (event: Event): void => {
    forget();
    abort((event.target as AbortSignal).reason as Error);
  };
  const aborted = listening.find((signal) => signal.aborted);
  if (aborted) abort(aborted.reason as Error);
  else {
    for (const signal of listening) {
      // A signal of the whole process has as many listeners as there are calls.
      setMaxListeners(0, signal);
      signal.addEventListener('abort', onAbort);
    }
  }
  return forget;
}

/** Resolves after this time, or as soon as the signal is aborted. */
export async function pauseFor(forMs: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    let forget: () => void = () => undefined;
    const timer = setTimeout(() => {
      forget();
      resolve();
    }, forMs);
    forget = onceAborted([signal], () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** A signal that is aborted after this time. `clear` must be called when the work has ended. */
export function timeLimit(withinMs: number): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new DOMException(`The time limit of ${withinMs} ms is over`, 'TimeoutError'));
  }, withinMs);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}
