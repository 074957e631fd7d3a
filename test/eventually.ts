import { vi } from 'vitest';

/** Far longer than anything here takes, so that a busy machine fails no test: only a condition that never holds takes as long. */
export const PATIENCE_MS = 30_000;

/** Resolves with the first result of a check that doesn't throw; rejects with its last error. */
export async function eventually<Result>(check: () => Result | Promise<Result>): Promise<Result> {
  return await vi.waitFor(check, { timeout: PATIENCE_MS, interval: 50 });
}
