/** The API in front of a real queue, as processes: what it answers, how fast, and that everything is posted once. */
import { readFile, writeFile } from 'node:fs/promises';
import { Pool } from 'undici';
import { expect } from 'vitest';
import { quantile } from '../bench/statistics.js';
import { startApiProcess, startIngestProcess } from './faults/productProcess.js';
import type { Harness } from './harness.js';
import { countWorkflows, once, record, timesPosted, until } from './queueProofs.js';

export interface Answers {
  /** How many of each status. */
  statuses: Record<number, number>;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** Posts these bodies, so many at once, over connections that stay open. */
export async function post(
  url: string,
  bodies: readonly string[],
  atOnce: number,
): Promise<Answers> {
  const pool = new Pool(url, { connections: atOnce });
  const durations: number[] = [];
  const statuses: Record<number, number> = {};
  let next = 0;
  const startedAt = performance.now();
  const sender = async (): Promise<void> => {
    for (let at = next++; at < bodies.length; at = next++) {
      const begun = performance.now();
      const { body, statusCode } = await pool.request({
        method: 'POST',
        path: '/v1/messages',
        headers: { 'content-type': 'application/json' },
        body: bodies[at] ?? '',
      });
      await body.dump();
      durations.push(performance.now() - begun);
      statuses[statusCode] = (statuses[statusCode] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, sender));
  const seconds = (performance.now() - startedAt) / 1_000;
  await pool.close();
  return {
    statuses,
    perSecond: bodies.length / seconds,
    p50Ms: quantile(durations, 0.5),
    p99Ms: quantile(durations, 0.99),
  };
}

/** Everything that the API has queued is accepted by a consumer and posted once; each key has its status on the way. */
export async function proveQueued(
  harness: Harness,
  {
    environment = {},
    messages,
    withinMs,
  }: {
    environment?: NodeJS.ProcessEnv;
    messages: number;
    withinMs: number;
  },
): Promise<void> {
  const { url } = await startApiProcess(harness, environment);
  const numbers = Array.from({ length: messages }, (_, number) => number);
  const bodies = numbers.map((number) => record(number).value);
  // The second of each is a duplicate, which is known when it is consumed.
  const { statuses } = await post(url, [...bodies, ...bodies], 20);
  expect(statuses).toEqual({ 202: 2 * messages });
  expect(await countWorkflows(harness)).toBe(0);
  const status = async (key: string) => {
    const response = await fetch(`${url}/v1/messages/${key}`);
    return (await response.json()) as { status: string; explanation: string };
  };
  const queued = await status('record-0');
  expect(queued.status).toBe('queued');
  expect(queued.explanation).toMatch(/^Queued since .* records that are not settled/);

  const consumer = await startIngestProcess(harness, environment);
  await until(() => harness.sandbox.posts().length >= messages, withinMs);
  await until(async () => (await status('record-0')).status === 'confirmed', withinMs);
  await until(async () => (await countWorkflows(harness)) === messages, withinMs);
  expect(timesPosted(harness)).toEqual(once(numbers));
  expect(await consumer.kill('SIGTERM')).toBe(0);
}

/** The harness's configuration without `intake`, in a file beside it: for an API that accepts at once. */
export async function withoutIntake({ configurationFile }: Harness): Promise<string> {
  const content = JSON.parse(await readFile(configurationFile, 'utf8')) as Record<string, unknown>;
  const direct = { ...content, intake: undefined };
  const file = `${configurationFile}.direct`;
  await writeFile(file, JSON.stringify(direct));
  return file;
}
