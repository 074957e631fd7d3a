/** A product for proofs of conversations, and how they send and wait. */
import { expect } from 'vitest';
import { startHarness, type Harness, type MessageState } from '../harness.js';

/** A message that lost its worker waits for its turn as long as the patience below, and a busy machine takes its time. */
const ENDED_WITHIN_MS = 240_000;

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
  const deadline = Date.now() + ENDED_WITHIN_MS;
  for (;;) {
    const { body } = await harness.request<MessageState>(
      'GET',
      `/v1/messages/${encodeURIComponent(key)}?wait=10s`,
    );
    if (body.status === 'confirmed' || body.status === 'superseded') return body;
    if (Date.now() > deadline) throw new Error(`${key} has not ended: ${JSON.stringify(body)}`);
  }
}
