import { text } from 'node:stream/consumers';
import { expect, inject } from 'vitest';
import type { OverheadReport } from '../bench/overheadTable.js';
import { spawnKept } from '../src/embedded/keptProcess.js';

const STOP_GRACE_MS = 30_000;

/**
 * What sendproof costs beside bare Temporal, in one run: a bounded part of the throughput and of the time of one message, and no event.
 *
 * @param limits `throughput` of bare Temporal's at least, in the round that `of` says; `duration` of bare Temporal's at most
 */
export async function proveOverhead(
  options: readonly '--quick'[],
  limits: { throughput: number; of: 'median' | 'highest'; duration: number },
): Promise<void> {
  const { atOnce, alone, eventsPerHistory } = await benchmark(options);
  const { lowest, median, highest } = atOnce.ratio;
  console.info(`throughput: ${[lowest, median, highest].join(', ')}; duration: ${alone.ratio}`);
  expect(eventsPerHistory).toEqual({ sendproof: 11, bare: 11 });
  expect(atOnce.ratio[limits.of]).toBeGreaterThanOrEqual(limits.throughput);
  expect(alone.ratio).toBeLessThanOrEqual(limits.duration);
}

/** The command that `npm run bench` runs. */
async function benchmark(options: readonly string[]): Promise<OverheadReport> {
  const bench = spawnKept(process.execPath, ['dist/bench/main.js', '--json', '-', ...options], {
    environment: { ...process.env, TEMPORAL_CLI_PATH: inject('temporalCliPath') },
  });
  try {
    const [json, complaints, code] = await Promise.all([
      text(bench.stdout),
      text(bench.stderr),
      bench.exited,
    ]);
    expect(code, complaints).toBe(0);
    return JSON.parse(json) as OverheadReport;
  } finally {
    await bench.stop(STOP_GRACE_MS);
  }
}
