/** How much memory the bodies of requests may take at the same time. */
import type { Request, Response } from 'express';
import { Problem } from './problem.js';

/** Smaller bodies are always received: a single message of usual length never waits for a batch. */
const SMALL_BYTES = 256 * 1024;

/** Four of the largest batches. Parsed, a body takes up to ten times as much. */
const MOST_BYTES = 64 * 1024 * 1024;

/** A batch takes about a second. */
const RETRY_AFTER_S = 2;

export class BodiesInFlight {
  #bytes = 0;

  /**
   * Counts the body of a request until it is answered, by its announced size; where that isn't known, by its limit.
   *
   * @throws Problem where it would be too much with the others
   */
  reserve(request: Request, response: Response, limitBytes: number): void {
    const bytes = Math.min(announcedBytes(request) ?? limitBytes, limitBytes);
    if (bytes <= SMALL_BYTES) return;
    if (this.#bytes + bytes > MOST_BYTES) {
      throw new Problem(
        'overloaded',
        'The API is receiving too many large bodies at once. Send it again after the time in Retry-After.',
        { retryAfterSeconds: RETRY_AFTER_S },
      );
    }
    this.#bytes += bytes;
    response.once('close', () => {
      this.#bytes -= bytes;
    });
  }
}

/** Undefined for a body that is sent in chunks, or compressed: it may have any size. */
function announcedBytes(request: Request): number | undefined {
  const coding = (request.get('content-encoding') ?? 'identity').trim().toLowerCase();
  const length = Number(request.get('content-length') ?? NaN);
  return coding === 'identity' && Number.isFinite(length) ? length : undefined;
}
