/** Wrong API keys: counted, and answered ever later, so that nobody can try many. A right key is never slowed. */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Request } from 'express';
import { ExpiringMap } from '../lib/expiringMap.js';
import type { Metrics } from '../telemetry/metrics.js';

/** An address may be wrong so often before its answers are delayed: somebody pastes a key badly, a program has an old one. */
const FREE = 10;
const FORGOTTEN_AFTER_MS = 10 * 60_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/** Beyond, the oldest address is forgotten. */
const MOST_ADDRESSES = 10_000;
/** Answers that are held back at once. Beyond, wrong keys are answered immediately, since each held answer takes memory. */
const MOST_HELD = 500;

type Pause = (ms: number, signal: AbortSignal) => Promise<unknown>;

const pauseFor: Pause = (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined);

export class WrongKeys {
  readonly #failures = new ExpiringMap<number>(FORGOTTEN_AFTER_MS, MOST_ADDRESSES);
  readonly #metrics: Pick<Metrics, 'wrongKeys'>;
  readonly #stopping: AbortSignal;
  readonly #pause: Pause;
  #held = 0;

  /** @param stopping when it is aborted, what is held back is answered */
  constructor(metrics: Pick<Metrics, 'wrongKeys'>, stopping: AbortSignal, pause: Pause = pauseFor) {
    this.#metrics = metrics;
    this.#stopping = stopping;
    this.#pause = pause;
    // Each answer that is held back listens to it.
    setMaxListeners(0, stopping);
  }

  /** Counts a wrong key. Resolves when it may be answered. */
  async note({ socket }: Pick<Request, 'socket'>): Promise<void> {
    this.#metrics.wrongKeys.inc();
    const from = networkOf(socket.remoteAddress ?? '');
    const failures = (this.#failures.get(from) ?? 0) + 1;
    this.#failures.set(from, failures);
    const pauseMs = pauseAfter(failures);
    if (pauseMs === 0 || this.#held >= MOST_HELD || this.#stopping.aborted) return;
    this.#held += 1;
    try {
      await this.#pause(pauseMs, this.#stopping);
    } finally {
      this.#held -= 1;
    }
  }
}

/** In milliseconds. */
export function pauseAfter(failures: number): number {
  if (failures <= FREE) return 0;
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - FREE - 1, 20));
}

/** One machine has all IPv6 addresses of a /64: the first four groups of the address are its network. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [before = '', after] = address.replace(/%.*$/, '').split('::');
  const first = before.split(':').filter((group) => group !== '');
  const last = (after ?? '').split(':').filter((group) => group !== '');
  const zeros = after === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array<string>(Math.max(0, zeros)).fill('0'), ...last].slice(0, 4).join(':');
}
