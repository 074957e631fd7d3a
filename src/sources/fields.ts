/** What can be said of data that has no known form. */
import { EVENT_STATES, type EventState } from '../domain/event.js';
import type { Severity } from '../domain/message.js';
import { shortenText } from '../lib/cutText.js';
import { facts, paragraphs, plain } from './facts.js';
import { textAt } from './json.js';

const MOST_FIELDS = 20;
const LONGEST_VALUE = 500;
const LONGEST_DATA = 3_000;

/**
 * A line for each text, number and truth value of an object, those at its top first, those within it by their path; other data
 * as it is. Markdown.
 */
export function fieldsOf(data: unknown): string {
  if (typeof data === 'string') return plain(shortenText(data, LONGEST_DATA)) ?? '';
  if (typeof data !== 'object' || data === null) {
    return data === undefined || data === null ? '' : (plain(JSON.stringify(data)) ?? '');
  }
  const values = valuesIn(data);
  const lines = values
    .slice(0, MOST_FIELDS)
    .map(([name, value]) => [plain(name) ?? '', plain(shortenText(value, LONGEST_VALUE))] as const);
  return paragraphs(
    facts(Object.fromEntries(lines)),
    values.length > MOST_FIELDS ? 'and more fields' : undefined,
  );
}

/** What is nested in more levels is left out. */
const DEEPEST_FIELD = 6;

/** One more than are shown, where there are more. Each with its path, as `detail.state` or `Records[0].eventName`. */
function valuesIn(data: object): [path: string, value: string][] {
  const values: [string, string][] = [];
  let level: [path: string, within: object][] = [['', data]];
  for (let depth = 0; depth < DEEPEST_FIELD && level.length > 0; depth += 1) {
    const next: [string, object][] = [];
    for (const [path, within] of level) {
      for (const [name, value] of Object.entries(within) as [string, unknown][]) {
        const place = placeOf(path, name, within);
        if (isScalar(value)) values.push([place, String(value)]);
        else if (Array.isArray(value) && value.length > 0 && value.every(isScalar)) {
          values.push([place, value.slice(0, MOST_FIELDS).join(', ')]);
        } else if (typeof value === 'object' && value !== null) next.push([place, value]);
        if (values.length > MOST_FIELDS) return values;
      }
    }
    level = next;
  }
  return values;
}

function placeOf(path: string, name: string, within: object): string {
  if (Array.isArray(within)) return `${path}[${name}]`;
  return path === '' ? name : `${path}.${name}`;
}

/** An empty text says nothing. */
function isScalar(value: unknown): value is string | number | boolean {
  return (
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    (typeof value === 'string' && value.trim() !== '')
  );
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
