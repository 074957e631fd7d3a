import { DeliveryError } from '../../domain/delivery.js';
import { asTransient, unexpectedAnswer, withoutPosting } from '../../http/failure.js';
import { call } from './client.js';
import { withSeparateLimit } from './failures.js';

/**
 * Makes a request that only looks something up. It rejects only with DeliveryError, never an ambiguous one. Slack limits each method
 * by itself, so `ratelimited` says nothing of how fast the account may post.
 */
export async function lookUp<Result>(request: () => Promise<Result>): Promise<Result> {
  try {
    return await withoutPosting('Slack', () => call(request));
  } catch (error) {
    throw error instanceof DeliveryError ? withSeparateLimit(error) : error;
  }
}

/** The error for an answer that lacks what was looked up. */
export function incomplete(what: string): DeliveryError {
  return asTransient(unexpectedAnswer('Slack', what, 200));
}
