/** Seconds since the epoch with six decimals: unique within a channel, and its order in time. */
export function slackTs(microseconds: number): string {
  return `${Math.floor(microseconds / 1e6)}.${String(microseconds % 1e6).padStart(6, '0')}`;
}
