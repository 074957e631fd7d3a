/** Waits until every message of batches was started or refused. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient, Batch } from './apiClient.js';
import { ApiProblem, UnreachableError } from './errors.js';
import { ExitCode } from './exitCode.js';
import type { Output } from './output.js';

const INTERVAL_MS = 500;
/** Enough for a restart of the API or of Temporal. */
const LONGEST_OUTAGE_MS = 30_000;

/** Resolves with the batches, with their refused messages, when they have ended or the timeout ends. */
export async function awaitBatches(
  api: ApiClient,
  sent: readonly Batch[],
  timeoutMs: number,
  output: Output,
): Promise<Batch[]> {
  const deadline = Date.now() + timeoutMs;
  const total = sent.reduce((sum, batch) => sum + batch.total, 0);
  const bar = output.progressBar(total);
  let before = 0;
  try {
    for (const batch of sent) {
      await follow(api, batch, deadline, (started) => bar.update(before + started));
      before += batch.total;
    }
  } finally {
    bar.stop();
  }
  return await Promise.all(sent.map(({ id }) => api.batch(id, 'refused')));
}

async function follow(
  api: ApiClient,
  { id }: Batch,
  deadline: number,
  onProgress: (started: number) => void,
): Promise<void> {
  let answeredAt = Date.now();
  do {
    try {
      const { closedAt, counts, total } = await api.batch(id, 'none');
      answeredAt = Date.now();
      onProgress(total - counts.queued);
      if (closedAt !== undefined) return;
    } catch (error) {
      if (!isTemporary(error) || Date.now() - answeredAt > LONGEST_OUTAGE_MS) throw error;
    }
    await sleep(Math.max(0, Math.min(INTERVAL_MS, deadline - Date.now())));
  } while (Date.now() < deadline);
}

function isTemporary(error: unknown): boolean {
  return error instanceof UnreachableError || (error instanceof ApiProblem && error.temporary);
}

/** The exit code of a command that waited. */
export function exitCodeOf(batches: readonly Batch[]): ExitCode {
  if (batches.some(({ closedAt }) => closedAt === undefined)) return ExitCode.stillDelivering;
  const isWhole = batches.every(
    ({ counts, status }) => status === 'completed' && counts.refused === 0,
  );
  return isWhole ? ExitCode.done : ExitCode.failed;
}
