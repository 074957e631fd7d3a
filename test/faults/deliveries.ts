/** What every proof asks of the sandbox: who posted what, how often. */
import { expect } from 'vitest';
import type { MessageStatus } from '../../src/domain/delivery.js';
import type { SandboxPost } from '../../src/sandbox/sandbox.js';
import { SEEDED_TEAM } from '../../src/sandbox/graph/places.js';
import type { Harness, MessageState } from '../harness.js';

/** A Slack channel and a Teams channel of its own for each number, so that no pacing of one place slows a test. */
export const slackChannel = (number: number): string =>
  `slack:default/C${String(number).padStart(8, '0')}`;
export const teamsChannel = (number: number): string =>
  `teams:default/${SEEDED_TEAM}/19:channel-${number}@thread.tacv2`;

/** Where the sandbox has this destination. */
export function placeOf(destination: string): { platform: 'slack' | 'teams'; path: string } {
  return {
    platform: destination.startsWith('slack:') ? 'slack' : 'teams',
    path: destination.slice(destination.indexOf('/') + 1),
  };
}

/** The delivery ids that a reader sees more than once. */
export function repeated(posts: readonly SandboxPost[]): string[] {
  const seen = new Map<string, number>();
  for (const { deliveryId = 'none' } of posts)
    seen.set(deliveryId, (seen.get(deliveryId) ?? 0) + 1);
  return [...seen].flatMap(([id, times]) => (times > 1 ? [`${id} ×${times}`] : []));
}

/** Waits until each message has this status, and answers their states. One after the other: asking takes work too. */
export async function eachReaches(
  status: MessageStatus,
  harness: Harness,
  keys: readonly string[],
  timeoutMs: number,
): Promise<MessageState[]> {
  const deadline = Date.now() + timeoutMs;
  const states: MessageState[] = [];
  for (const key of keys) {
    const leftMs = Math.max(1_000, deadline - Date.now());
    states.push(await harness.waitForStatus(key, status, leftMs));
  }
  return states;
}

/** Every delivery of these messages is visible, once; and nothing else is. */
export function expectEachPostedOnce(harness: Harness, messages: readonly MessageState[]): void {
  const posts = harness.sandbox.posts();
  expect(repeated(posts)).toEqual([]);
  const receipts = messages.flatMap(({ deliveries }) =>
    deliveries.map(({ destination, receipt }) => `${destination} ${receipt?.messageId}`),
  );
  expect(posts.map(({ platform, path, id }) => `${platform}:default/${path} ${id}`).sort()).toEqual(
    receipts.sort(),
  );
}
