/** Many messages at once, and what becomes of them at the platform. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from './stage.js';

/** As many as `POST /v1/messages/batch` takes. */
const BATCH = 1_000;

/** Sends messages to so many Slack channels, in turns, in as few requests as there can be. Throws where one is refused. */
export async function sendBurst(
  { apiUrl }: Stage,
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

/** Resolves once so many posts can be seen. */
export async function untilPosted(stage: Stage, count: number, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while ((await stage.posts()).length < count) {
    if (Date.now() > deadline) throw new Error(`Not ${count} posts within ${timeoutMs / 1_000} s.`);
    await delay(500);
  }
}
