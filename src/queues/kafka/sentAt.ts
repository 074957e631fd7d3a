/**
 * When a record was sent: now at the latest, and now where it has no time. Producers set the time, and one that counts
 * nanoseconds sets a time that no calendar has.
 */
export function sentAtOf({ timestampMs }: { timestampMs: number }, now = Date.now()): Date {
  return new Date(timestampMs > 0 && timestampMs < now ? timestampMs : now);
}
