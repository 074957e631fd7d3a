/** What can be said of data that has no known form. */
import { EVENT_STATES, type EventState } from '../domain/event.js';
import type { Severity } from '../domain/message.js';
import { shortenText } from '../lib/cutText.js';
import { facts, plain } from './facts.js';
import { isObject, textAt } from './json.js';

const MOST_FIELDS = 20;
const LONGEST_VALUE = 500;
const LONGEST_DATA = 3_000;

/** A line for each text, number and truth value at the top of an object; other data as it is. Markdown. */
export function fieldsOf(data: unknown): string {
  if (typeof data === 'string') return plain(shortenText(data, LONGEST_DATA)) ?? '';
  if (!isObject(data)) {
    return data === undefined || data === null ? '' : (plain(JSON.stringify(data)) ?? '');
  }
  const values = Object.entries(data).flatMap(([name, value]) =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? [[plain(name) ?? '', plain(shortenText(String(value), LONGEST_VALUE))] as const]
      : [],
  );
  return facts(Object.fromEntries(values.slice(0, MOST_FIELDS)));
}

/** The title that data of an unknown form gives itself. */
export function titleIn(data: unknown): string | undefined {
  for (const name of ['title', 'summary', 'subject', 'message', 'name']) {
    const text = textAt(data, name);
    if (text !== undefined) return text;
  }
  return undefined;
}

const SEVERITIES: readonly Severity[] = ['critical', 'error', 'warning', 'info', 'ok'];

/** The severity that this word means; undefined for words that aren't known. */
export function severityOf(word: string | undefined): Severity | undefined {
  const lower = word?.trim().toLowerCase();
  if (lower === undefined) return undefined;
  switch (lower) {
    case 'fatal':
    case 'emergency':
    case 'page':
    case 'high':
      return 'critical';
    case 'err':
    case 'major':
      return 'error';
    case 'warn':
    case 'minor':
    case 'medium':
      return 'warning';
    case 'notice':
    case 'information':
    case 'informational':
    case 'debug':
    case 'low':
    case 'none':
      return 'info';
    case 'resolved':
    case 'success':
      return 'ok';
    default:
      return SEVERITIES.find((known) => known === lower);
  }
}

const STATE_WORDS: readonly (readonly [EventState, readonly string[]])[] = [
  [
    'triggered',
    [
      ...['alarm', 'alert', 'alerting', 'active', 'critical', 'down', 'error', 'failed', 'failure'],
      ...['firing', 'new', 'open', 'opened', 'problem', 'reopened', 'trigger', 'unhealthy'],
    ],
  ],
  ['acknowledged', ['ack', 'acked', 'acknowledge', 'acknowledgement', 'in_progress']],
  [
    'resolved',
    [
      ...['clear', 'cleared', 'close', 'closed', 'completed', 'fixed', 'healthy', 'normal', 'ok'],
      ...['recovered', 'recovery', 'resolve', 'solved', 'success', 'succeeded', 'up'],
    ],
  ],
  ['updated', ['change', 'changed', 'update']],
];

/** The state that this word means; `other` for words that aren't known. */
export function stateOf(word: string | undefined): EventState {
  const lower =
    word
      ?.trim()
      .toLowerCase()
      .replaceAll(/[\s-]+/g, '_') ?? '';
  return (
    EVENT_STATES.find((known) => known === lower) ??
    STATE_WORDS.find(([, words]) => words.includes(lower))?.[0] ??
    'other'
  );
}
