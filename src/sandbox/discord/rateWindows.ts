/** Discord's rate limits: so many requests in a window, which begins with the first. The headers of every answer say what is left. */

export interface RateWindow {
  /** As `X-RateLimit-Bucket` names it. */
  bucket: string;
  /** What it is for: a channel, a webhook. */
  of: string;
  limit: number;
  seconds: number;
}

export interface Taken {
  isAllowed: boolean;
  /** Until the window ends. */
  resetAfterSeconds: number;
  headers: Record<string, string>;
}

export class RateWindows {
  readonly #windows = new Map<string, { used: number; endsAt: number }>();

  /** Takes one request of the window, where one is left. */
  take({ bucket, limit, of, seconds }: RateWindow): Taken {
    const now = Date.now();
    const key = `${bucket} ${of}`;
    let window = this.#windows.get(key);
    if (!window || window.endsAt <= now) {
      window = { used: 0, endsAt: now + seconds * 1_000 };
      this.#windows.set(key, window);
    }
    const isAllowed = window.used < limit;
    if (isAllowed) window.used += 1;
    const resetAfterSeconds = (window.endsAt - now) / 1_000;
    return {
      isAllowed,
      resetAfterSeconds,
      headers: {
        'x-ratelimit-bucket': bucket,
        'x-ratelimit-limit': String(limit),
        'x-ratelimit-remaining': String(limit - window.used),
        'x-ratelimit-reset': (window.endsAt / 1_000).toFixed(3),
        'x-ratelimit-reset-after': resetAfterSeconds.toFixed(3),
      },
    };
  }

  clear(): void {
    this.#windows.clear();
  }
}
