/** A product for proofs of conversations, and how they send and wait. */
import { expect } from 'vitest';
import { startHarness, type Harness, type MessageState } from '../harness.js';

/**
 * A machine takes its time for a backlog of messages, so they may take as long as there is progress: a post, an edit or an end of
 * any message. A message that lost its worker waits for its turn as long as the patience below.
 */
const WITHOUT_PROGRESS_MS = 150_000;

/** Without workers. */
export function startForConversations(): Promise<Harness> {
  return startHarness({
    workers: false,
    requestTimeout: '2s',
    retry: { attempts: 40 },
    settings: { conversations: { patience: '2m' } },
  });
}

/** As sources do it: again, until somebody has taken it. */
export async function sendUntilTaken(harness: Harness, message: object): Promise<void> {
  for (;;) {
    const { status } = await harness.send(message);
    if (status === 202 || status === 200) return;
    expect(status).toBe(503);
  }
}

/** Resolves with the message once nothing is left to do. */
export async function hasEnded(harness: Harness, key: string): Promise<MessageState> {
  for (;;) {
    const { body } = await harness.request<MessageState>(
      'GET',
      `/v1/messages/${encodeURIComponent(key)}?wait=10s`,
    );
    if (body.status === 'confirmed' || body.status === 'superseded') {
      noteProgress(harness, true);
      return body;
    }
    if (Date.now() - noteProgress(harness, false) > WITHOUT_PROGRESS_MS) {
      throw new Error(`Nothing happens, and ${key} has not ended: ${JSON.stringify(body)}`);
    }
  }
}

const progress = new WeakMap<Harness, { at: number; shown: string }>();

/** Returns when something happened last. */
function noteProgress(harness: Harness, hasEnded: boolean): number {
  const posts = harness.sandbox.posts();
  const edited = Math.max(0, ...posts.map(({ editedAt = 0 }) => editedAt));
  const shown = `${posts.length} ${edited}`;
  const known = progress.get(harness);
  if (known && !hasEnded && known.shown === shown) return known.at;
  const at = Date.now();
  progress.set(harness, { at, shown });
  return at;
}
