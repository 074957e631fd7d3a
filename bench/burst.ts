/** Sends many messages at once, and waits for their posts. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Testbed } from './testbed.js';

/** The most messages that `POST /v1/messages/batch` accepts. */
const BATCH = 1_000;
const MOST_TRIES = 10;

/** Sends messages to the given number of Slack channels in turn, in as few requests as possible. Throws where one is refused. */
export async function sendBurst(
  { apiUrl }: Testbed,
  name: string,
  count: number,
  channels: number,
  firstChannel = 0,
  /** What each message has besides. */
  fields: { deliverAt?: string } = {},
): Promise<void> {
  const messages = Array.from({ length: count }, (_, index) => ({
    deduplicationKey: `${name}-${index}`,
    destinations: [
      `slack:default/C0BURST${String(firstChannel + (index % channels)).padStart(3, '0')}`,
    ],
    content: { title: 'Disk full', text: '**db-1**: 97 % of `/var` is in use.' },
    ...fields,
  }));
  for (let at = 0; at < count; at += BATCH) {
    let unsent: object[] = messages.slice(at, at + BATCH);
    // What Temporal was too busy for is sent again, as sources do. It may have been accepted all the same: then it is a duplicate.
    for (let tries = 1; unsent.length > 0; tries += 1) {
      const statuses = await sendBatch(apiUrl, unsent);
      const refused = statuses.find(
        (status) => status >= 300 && (status !== 503 || tries === MOST_TRIES),
      );
      if (refused !== undefined) {
        throw new Error(`sendproof answered ${refused} to one of ${name}.`);
      }
      unsent = unsent.filter((_, index) => statuses[index] === 503);
    }
  }
}

/** Resolves with the status of each message. */
async function sendBatch(apiUrl: string, messages: readonly object[]): Promise<number[]> {
  const response = await fetch(`${apiUrl}/v1/messages/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages }),
  });
  const { results } = (await response.json()) as { results: { status: number }[] };
  return results.map(({ status }) => status);
}

/** Resolves once at least `count` posts are visible. */
export async function waitForPosts(
  testbed: Testbed,
  count: number,
  timeoutMs: number,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while ((await testbed.posts()).length < count) {
    if (Date.now() > deadline) throw new Error(`Not ${count} posts within ${timeoutMs / 1_000} s.`);
    await delay(500);
  }
}
