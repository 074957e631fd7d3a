import type { AccountTrouble } from '../../contract/accountTrouble.js';

/** Longer pauses are not believed: that the whole account has to wait is a worker's conclusion. */
const LONGEST_PAUSE_MS = 10 * 60_000;

/** What is wrong with an account at present. Each trouble has an end of its own, whatever else is wrong meanwhile. */
export class OpenTroubles {
  #refusal: { detail: string } | undefined;
  #pause: { detail: string; until: number } | undefined;
  #changes = 0;

  /** What was wrong when the previous run continued as new. */
  constructor(carried: readonly AccountTrouble[], now: number) {
    for (const trouble of carried) this.add(trouble, now);
  }

  /** Records what a worker reports. Anyone may send a signal: what is no report is ignored. */
  add(report: unknown, now: number): void {
    if (typeof report !== 'object' || report === null) return;
    const { detail: given, kind, retryAfterMs } = report as Partial<AccountTrouble>;
    const detail = typeof given === 'string' ? given : 'no details were given';
    if (kind === 'credentials_rejected') {
      if (!this.#refusal) this.#changes += 1;
      this.#refusal = { detail };
    }
    if (kind === 'rate_limited') {
      const until = now + Math.min(Number(retryAfterMs) || 0, LONGEST_PAUSE_MS);
      if (until <= (this.#pause?.until ?? now)) return;
      this.#changes += 1;
      this.#pause = { detail, until };
    }
  }

  get isAny(): boolean {
    return this.#refusal !== undefined || this.#pause !== undefined;
  }

  /** Grows with every new trouble, and with every one that is to last longer than was known. */
  get changes(): number {
    return this.#changes;
  }

  /** What was last said about the credentials that are refused; undefined where they aren't. */
  get refusal(): string | undefined {
    return this.#refusal?.detail;
  }

  get pause(): { detail: string; until: number } | undefined {
    return this.#pause;
  }

  endRefusal(): void {
    this.#refusal = undefined;
  }

  /** Ends the pause if its time has come. */
  endPause(now: number): void {
    if (this.#pause && this.#pause.until <= now) this.#pause = undefined;
  }

  /** The same troubles as reports, for a run that continues as new. */
  reports(now: number): AccountTrouble[] {
    const troubles: AccountTrouble[] = [];
    if (this.#refusal) troubles.push({ kind: 'credentials_rejected', ...this.#refusal });
    if (this.#pause) {
      const { detail, until } = this.#pause;
      troubles.push({ kind: 'rate_limited', detail, retryAfterMs: Math.max(1, until - now) });
    }
    return troubles;
  }
}
