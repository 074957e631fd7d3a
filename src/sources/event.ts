import { createHash } from 'node:crypto';
import type { NativeContent, Severity } from '../domain/message.js';
import { httpUrl } from '../domain/message.js';
import { RANKS, type EventState } from '../domain/event.js';
import { shortenText } from '../lib/cutText.js';
import { NOT_IN_ONE_LINE, wellFormed, withoutTerminalCodes } from '../lib/text.js';
import { longAddressesBelow } from './longAddresses.js';
import type { ParsedEvent } from './source.js';

/** What a payload gave, of any length and form. */
export interface EventParts {
  key: string;
  title: string;
  /** Markdown; plain text goes through `plainAsMarkdown`. */
  text?: string | undefined;
  reference?: unknown;
  conversation?: unknown;
  state?: EventState | undefined;
  rank?: number | undefined;
  occurredAt?: unknown;
  arrivesInOrder?: boolean | undefined;
  severity?: Severity | undefined;
  url?: unknown;
  labels?: Record<string, unknown> | undefined;
  summary?: string | undefined;
  isReminder?: boolean | undefined;
  native?: NativeContent | undefined;
  raw: unknown;
}

const LONGEST_TITLE = 1_000;
const LONGEST_LINE = 255;
const LONGEST_LABEL = 10_000;
const LONGEST_CONVERSATION = 1_000;
const MOST_LABELS = 500;

/**
 * An event that every route and template can use, whatever a payload has in its fields. A field that can't be used is left out
 * or cut: no event is lost for an odd value.
 */
export function event(parts: EventParts): ParsedEvent {
  const state = parts.state ?? 'other';
  return {
    key: parts.key,
    reference: line(parts.reference, LONGEST_LINE),
    conversation: conversationKey(parts.conversation),
    state,
    rank: parts.rank ?? RANKS[state],
    occurredAt: timestamp(parts.occurredAt),
    arrivesInOrder: parts.arrivesInOrder,
    severity: parts.severity,
    title: line(parts.title, LONGEST_TITLE) ?? 'An event without a title',
    text: longAddressesBelow(withoutTerminalCodes(wellFormed(parts.text ?? ''))),
    url: webAddress(parts.url),
    labels: labelsOf(parts.labels ?? {}),
    summary: line(parts.summary, LONGEST_TITLE),
    isReminder: parts.isReminder,
    native: parts.native,
    raw: parts.raw,
  };
}

const CONTROLS = new RegExp(`[${NOT_IN_ONE_LINE}]+`, 'gu');

/** One line of at most so many characters; undefined where nothing is left. */
function line(value: unknown, longest: number): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') {
    return undefined;
  }
  const text = withoutTerminalCodes(wellFormed(String(value)))
    .replace(CONTROLS, ' ')
    .trim();
  return text === '' ? undefined : shortenText(text, longest);
}

/** A hash where it is too long: two that begin alike are not one conversation. */
function conversationKey(value: unknown): string | undefined {
  const key = line(value, Number.POSITIVE_INFINITY);
  if (key === undefined || key.length <= LONGEST_CONVERSATION) return key;
  return `sha256-${createHash('sha256').update(key).digest('base64url')}`;
}

/** ISO 8601 in UTC, of a text that is a time or of seconds or milliseconds since 1970. */
function timestamp(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  // Seconds would be a time in January 1970, milliseconds one after the year 5000.
  const number = typeof value === 'number' && value < 1e11 ? value * 1_000 : value;
  const time = new Date(number);
  const year = time.getUTCFullYear();
  return year > 1970 && year < 10_000 ? time.toISOString() : undefined;
}

/** The address where it is one of http or https; else undefined. */
export function webAddress(value: unknown): string | undefined {
  const { success, data } = httpUrl.safeParse(value);
  return success ? data : undefined;
}

/** The first of these that is an address: one that can't be used hides none after it. */
export function firstWebAddress(...candidates: readonly unknown[]): string | undefined {
  return candidates.map(webAddress).find((address) => address !== undefined);
}

/** Texts, numbers and truth values by their name; everything else is only in `raw`. */
function labelsOf(labels: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels)
      .flatMap(([name, value]): [string, string][] => {
        const label = line(name, LONGEST_LINE);
        const text = typeof value === 'boolean' ? String(value) : line(value, LONGEST_LABEL);
        return label === undefined || text === undefined || label === '__proto__'
          ? []
          : [[label, text]];
      })
      .slice(0, MOST_LABELS),
  );
}
