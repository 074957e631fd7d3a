/** Sends many messages at once, and waits for their posts. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Testbed } from './testbed.js';

/** The most messages that `POST /v1/messages/batch` accepts. */
const BATCH = 1_000;

/** Sends messages to the given number of Slack channels in turn, in as few requests as possible. Throws where one is refused. */
export async function sendBurst(
  { apiUrl }: Testbed,
  name: string,
  count: number,
  channels: number,
  firstChannel = 0,
): Promise<void> {
  const messages = Array.from({ length: count }, (_, index) => ({
    deduplicationKey: `${name}-${index}`,
    destinations: [
      `slack:default/C0BURST${String(firstChannel + (index % channels)).padStart(3, '0')}`,
    ],
    content: { title: 'Disk full', text: '**db-1**: 97 % of `/var` is in use.' },
  }));
  for (let at = 0; at < count; at += BATCH) {
    const response = await fetch(`${apiUrl}/v1/messages/batch`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ messages: messages.slice(at, at + BATCH) }),
    });
    const { results } = (await response.json()) as { results: { status: number }[] };
    const refused = results.find(({ status }) => status !== 202);
    if (refused) throw new Error(`sendproof answered ${refused.status} to one of ${name}.`);
  }
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
