import { createHash } from 'node:crypto';
import { event, firstWebAddress } from '../event.js';
import { paragraphs, plain } from '../facts.js';
import { fieldsOf, severityOf, stateOf, titleIn } from '../fields.js';
import { at, textAt } from '../json.js';
import { Unusable, type ParsedEvent } from '../source.js';
import type { RequestScope } from '../../templates/requestTemplate.js';
import { applyMapping, type Mapping } from './mapping.js';

/** A request that is split has at most so many events. What is beyond is named in a last one. */
const MOST_EVENTS = 1_000;

/** As `['body', 'alerts']`. */
export type Path = readonly string[];

/**
 * The parts of a request that are events.
 *
 * @throws Unusable where there is no list to split
 */
export function split(
  scope: RequestScope,
  each: Path | undefined,
): { scopes: RequestScope[]; leftOut: number } {
  if (each === undefined) return { scopes: [scope], leftOut: 0 };
  const [, ...path] = each;
  const list = at(scope.body, ...path);
  if (!Array.isArray(list)) throw new Unusable(`The request has no list at ${each.join('.')}.`);
  const items = list.slice(0, MOST_EVENTS) as unknown[];
  return {
    scopes: items.map((item) => ({ ...scope, item })),
    leftOut: list.length - items.length,
  };
}

export function parseScope(
  scope: RequestScope,
  mapping: Mapping,
  /** The key where the mapping has none. */
  keyWithout: string,
): ParsedEvent {
  const data = 'item' in scope ? scope.item : scope.body;
  const { failed, fields, labels } = applyMapping(mapping, scope);
  const state = fields.state ?? textAt(data, 'state') ?? textAt(data, 'status');
  const severity = fields.severity ?? textAt(data, 'severity') ?? textAt(data, 'level');
  return event({
    key: shortKey(fields.key) ?? keyWithout,
    title: fields.title ?? titleIn(data) ?? firstLine(data),
    text: paragraphs(fields.text ?? fieldsOf(data), noteOn(failed)),
    summary: fields.summary,
    state: stateOf(state),
    severity: severityOf(severity),
    conversation: fields.conversation,
    reference: fields.reference,
    url: firstWebAddress(fields.url, at(data, 'url')),
    occurredAt: momentIn(fields.occurredAt),
    labels,
    raw: data,
  });
}

const LONGEST_KEY = 1_000;

function shortKey(key: string | undefined): string | undefined {
  return key !== undefined && key.length > LONGEST_KEY ? hashOf(key) : key;
}

/** One event for all that a request has beyond what is shown. */
export function leftOutEvent(count: number, key: string): ParsedEvent {
  return event({
    key: `${key}-left-out`,
    title: `${count} more events in one request`,
    text: `A request has at most ${MOST_EVENTS} events. ${count} more were left out.`,
    severity: 'warning',
    raw: {},
  });
}

export function hashOf(bytes: Buffer | string): string {
  return `sha256-${createHash('sha256').update(bytes).digest('base64url')}`;
}

function firstLine(data: unknown): string {
  if (typeof data !== 'string') return '';
  return data.split('\n').find((line) => line.trim() !== '') ?? '';
}

function noteOn(failed: readonly string[]): string | undefined {
  if (failed.length === 0) return undefined;
  const names = failed.map((name) => plain(name) ?? '').join(', ');
  return `_The mapping of ${names} could not be used._`;
}

/** A number is seconds, or a smaller unit where it has more digits: milliseconds, microseconds or nanoseconds since 1970. */
function momentIn(text: string | undefined): string | number | undefined {
  const digits = /^(\d{9,19})(?:\.\d+)?$/.exec(text ?? '')?.[1];
  if (digits === undefined) return text;
  const exponent = Math.floor((digits.length - 9) / 3) * 3;
  return (Number(text) / 10 ** exponent) * 1_000;
}
