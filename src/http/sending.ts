/** Finds out whether a call of a client library has sent a request, when its error doesn't tell. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { DeliveryError } from '../domain/delivery.js';
import { asDeliveryError, errorCode, permanent } from './failure.js';

export interface Sending {
  /** Whether a request may have left, or even its first byte. */
  begun: boolean;
}

const current = new AsyncLocalStorage<Sending>();

/** The call that is being made now; undefined outside of one. The transport records there that a request leaves. */
export function currentSending(): Sending | undefined {
  return current.getStore();
}

/**
 * Makes a call of an adapter or of its client library. Rejects only with DeliveryError. Where the call fails in another way
 * before anything was sent, as by text that can't be encoded, that is permanent: certainly not posted, and a retry would fail
 * in the same way.
 *
 * @param unwrap returns the error inside an error of the client library
 */
export async function callTracked<Result>(
  platform: string,
  call: () => Promise<Result>,
  unwrap: (thrown: unknown) => unknown = (thrown) => thrown,
): Promise<Result> {
  const outer = currentSending();
  const sending: Sending = { begun: false };
  try {
    return await current.run(sending, call);
  } catch (thrown) {
    const error = unwrap(thrown);
    if (error instanceof DeliveryError || sending.begun) throw asDeliveryError(error, platform);
    throw neverSent(platform, error);
  } finally {
    if (outer) outer.begun ||= sending.begun;
  }
}

function neverSent(platform: string, error: unknown): DeliveryError {
  // Not as the cause: an SDK's error may carry the request, with its content and the token.
  const name = errorCode(error instanceof Error ? error.name : typeof error) ?? 'an error';
  return new DeliveryError(
    `The request to ${platform} could not be made from this message (${name}): nothing was sent.`,
    permanent('content_rejected'),
  );
}
