/** Remembers requests that were answered 503, so that the same bytes, sent again, are the same request. */
import { createHash } from 'node:crypto';
import { ExpiringMap } from '../lib/expiringMap.js';
import type { SourceRequest } from '../sources/source.js';

/** Senders try again sooner. The same bytes after this time are another event of a source that knows no identity. */
const REMEMBERED_MS = 2 * 60_000;

/** What is beyond is forgotten, the oldest first. */
const MOST_BODIES = 10_000;
const MOST_OF_ONE_BODY = 100;

/**
 * For sources whose requests have no identity. What such a request began may still become a message after the answer 503; when
 * it comes again, it has the same id, and so the same message.
 */
export class AskedAgain {
  /** The ids of requests with the same bytes, the earliest first. */
  readonly #ids: ExpiringMap<readonly string[]>;

  /** @param now the monotonic clock, in milliseconds */
  constructor(now?: () => number) {
    this.#ids = new ExpiringMap(REMEMBERED_MS, MOST_BODIES, now);
  }

  /** The request as the one that was answered 503 before, where there is one. */
  recognised(source: string, request: SourceRequest): SourceRequest {
    const key = keyOf(source, request);
    const [id, ...others] = this.#ids.get(key) ?? [];
    if (id === undefined) return request;
    if (others.length > 0) this.#ids.set(key, others);
    else this.#ids.delete(key);
    return { ...request, id };
  }

  /** The sender was told to send this request again. */
  remember(source: string, request: SourceRequest): void {
    const key = keyOf(source, request);
    this.#ids.set(key, [...(this.#ids.get(key) ?? []), request.id].slice(-MOST_OF_ONE_BODY));
  }
}

function keyOf(source: string, { body, headers, token }: SourceRequest): string {
  const hash = createHash('sha256');
  const parts = [source, token, headers['content-type'] ?? ''];
  return hash.update(JSON.stringify(parts)).update(body).digest('base64');
}
