/**
 * Texts that Temporal's Web UI shows as Markdown, and their limits. Whatever comes from senders, platforms or the configuration
 * is words or code in them, never Markdown.
 */
import { shortenToFit } from '../lib/cutText.js';
import { inMarkdown } from '../lib/markdownCode.js';

/** What the encryption of content adds to a text. */
const ENCRYPTION_BYTES = 80;

/** Temporal's limits on such texts, as JSON: `limit.userMetadataSummarySize` and `limit.userMetadataDetailsSize`. */
export const SUMMARY_BYTES = 400 - ENCRYPTION_BYTES;
export const DETAILS_BYTES = 20_000 - ENCRYPTION_BYTES;

const jsonBytes = (text: string): number => new TextEncoder().encode(JSON.stringify(text)).length;

/**
 * A line of Markdown with a text from elsewhere in it, which is cut where the line would exceed the limit.
 *
 * @param before Markdown of ours
 * @param maximum in bytes, as JSON
 */
export function summary(before: string, text: string, maximum = SUMMARY_BYTES): string {
  const write = (words: string): string => before + inMarkdown(words);
  return write(shortenToFit(text, (words) => jsonBytes(write(words)) <= maximum));
}

/** Lines of Markdown, as many as the limit allows. A line is never cut: its code would lose its end. */
export function details(lines: readonly string[]): string {
  const kept: string[] = [];
  let left = DETAILS_BYTES - jsonBytes('\n…');
  for (const line of lines) {
    left -= jsonBytes(`${line}\n`) - '""'.length;
    if (left < 0) return [...kept, '…'].join('\n');
    kept.push(line);
  }
  return kept.join('\n');
}
