/**
 * The processor time that this process spends while `run` runs, in milliseconds. Other programs of a busy machine add nothing
 * to it, as they do to the time on a clock.
 */
export function processorMs(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
