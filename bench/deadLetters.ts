/** Dead letters in numbers, for the scenarios that begin with them. */
import { setTimeout as delay } from 'node:timers/promises';
import { visibilityQuery, type MessageFilter } from '../src/store/search/messageSearch.js';
import { sendBurst } from './burst.js';
import type { Testbed } from './testbed.js';

/** Some 15 a second are parked on two cores. */
const PARKING_TIMEOUT_MS = 20 * 60_000;

/**
 * Sends so many messages, which Slack refuses, and starts the workers. Resolves with them when all messages are dead letters, and
 * Slack takes messages again.
 */
export async function parkMessages<Workers>(
  testbed: Testbed,
  { channels, count, name }: { name: string; count: number; channels: number },
  startWorkers: () => Promise<Workers>,
): Promise<Workers> {
  await testbed.setFault({ kind: 'slack_error', platform: 'slack', error: 'not_in_channel' });
  // Beside workers, a busy server might refuse some.
  await sendBurst(testbed, name, count, channels);
  const workers = await startWorkers();
  await countBecomes(testbed, { status: 'dead_lettered' }, count, PARKING_TIMEOUT_MS);
  await testbed.clearFaults();
  return workers;
}

/** Resolves when so many messages match. By Temporal's own count, which costs it little. */
export async function countBecomes(
  { client }: Testbed,
  filter: MessageFilter,
  count: number,
  timeoutMs: number,
): Promise<void> {
  const query = visibilityQuery(filter);
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const present = (await client.workflow.count(query)).count;
    if (present === count) return;
    if (Date.now() > deadline) {
      throw new Error(`${present} instead of ${count} messages: ${query}`);
    }
    await delay(1_000);
  }
}
