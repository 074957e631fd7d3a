import { onTestFinished, vi } from 'vitest';

/**
 * The monotonic clock of this process stands still until the test has ended. What the sandbox allows in a time then depends on no
 * other program: on a busy machine, a bucket has a new token before the request that is to be refused.
 */
export function stopClock(): void {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
  onTestFinished(() => clock.mockRestore());
}
