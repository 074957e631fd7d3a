/** `contentRetention:` in `sendproof.yaml`, of the whole and of each source. */
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import type { RetryProfile } from '../domain/delivery.js';
import { durationMs } from '../lib/duration.js';
import { formatDuration } from '../lib/formatDuration.js';

/** How long content is kept, in milliseconds; a source may have its own time. */
export interface ContentRetention {
  /** Undefined: for as long as Temporal keeps the message. */
  defaultMs: number | undefined;
  bySourceMs: Record<string, number>;
  /** Of the keys that are destroyed then. All processes must share it. */
  keyDirectory: string;
}

/** There is a key for each day, and the clocks of processes differ. */
const SHORTEST = '1d';
const SHORTEST_MS = 86_400_000;

export const retentionSchema = durationMs.refine((each) => each >= SHORTEST_MS, {
  error: `must be at least ${SHORTEST}: there is one key for each day`,
});

export const contentRetentionSchema = z
  .union([
    retentionSchema.transform((after) => ({ after, keyDirectory: undefined })),
    z.strictObject({
      after: retentionSchema.optional(),
      keyDirectory: z.string().min(1, 'must not be empty').optional(),
    }),
  ])
  .optional();

export function contentRetentionOf(
  settings: z.output<typeof contentRetentionSchema>,
  sources: Record<string, { contentRetention?: number | undefined }>,
  dataDirectory: string,
): ContentRetention {
  const { after, keyDirectory = 'content-keys' } = settings ?? {};
  return {
    defaultMs: after,
    bySourceMs: Object.fromEntries(
      Object.entries(sources).flatMap(([source, { contentRetention }]) =>
        contentRetention === undefined ? [] : [[source, contentRetention]],
      ),
    ),
    keyDirectory: isAbsolute(keyDirectory) ? keyDirectory : join(dataDirectory, keyDirectory),
  };
}

/** What is wrong with it: content must be there for as long as a delivery may be tried. */
export function retentionFaults(
  { bySourceMs, defaultMs }: ContentRetention,
  retryProfiles: Readonly<Record<string, RetryProfile>>,
): string[] {
  const retentions: [place: string, retentionMs: number][] = [
    ...(defaultMs === undefined ? [] : [['contentRetention', defaultMs] as [string, number]]),
    ...Object.entries(bySourceMs).map(([source, retentionMs]): [string, number] => [
      `sources.${source}.contentRetention`,
      retentionMs,
    ]),
  ];
  return retentions.flatMap(([place, retentionMs]) =>
    Object.entries(retryProfiles).flatMap(([name, profile]) => {
      const triedForMs = longestTriedMs(profile);
      if (triedForMs <= retentionMs) return [];
      return [
        `${place}: must be at least ${formatDuration(triedForMs)}, for as long as the retry profile ${name} may try: raise it, or lower the profile’s attempts, maximumDelay or giveUpAfter`,
      ];
    }),
  );
}

/** The sum of the longest delays between the attempts, in milliseconds. */
function longestTriedMs(profile: RetryProfile): number {
  const { attempts, factor, giveUpAfterMs, initialDelayMs, maximumDelayMs } = profile;
  let totalMs = 0;
  for (let attempt = 1; attempt < attempts; attempt += 1) {
    totalMs += Math.min(maximumDelayMs, initialDelayMs * factor ** (attempt - 1));
  }
  return Math.min(totalMs, giveUpAfterMs ?? Number.POSITIVE_INFINITY);
}
