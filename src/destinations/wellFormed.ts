import { DeliveryError } from '../domain/delivery.js';
import { permanent } from '../http/failure.js';
import { illFormedTexts } from '../lib/text.js';
import type { Show } from './destination.js';

/**
 * Refuses text with half of a surrogate pair, which no platform can show: some client libraries can't encode it, others send
 * something else in its place. New messages are refused by the API; this is for those that were accepted before it did.
 *
 * @throws DeliveryError `content_rejected` that names the field
 */
export function assertWellFormed({
  content,
  correlation,
}: Pick<Show, 'content' | 'correlation'>): void {
  const [path] = illFormedTexts({ content, correlation });
  if (!path) return;
  throw new DeliveryError(
    `${path.join('.')} has half of a surrogate pair, which is not text: nothing was sent. Correct it at the source.`,
    permanent('content_rejected'),
  );
}
