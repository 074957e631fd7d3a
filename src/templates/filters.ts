/** What templates can do with values: a choice of LiquidJS's filters, and those of this product. */
import { filters as liquidFilters, type Context } from 'liquidjs';
import { formatDuration } from '../lib/formatDuration.js';
import { offsetOf } from './timeZones.js';
import { markdown, RichText, segmentsOf, wordsOf } from './richText.js';

/** What LiquidJS gives to a filter as `this`. */
interface FilterSurroundings {
  context: Context;
}
type Filter = (this: FilterSurroundings, value: unknown, ...parameters: unknown[]) => unknown;

/**
 * Of LiquidJS. Left out are those that depend on chance or on the present time, that run regular expressions over any text,
 * and that make HTML.
 */
const FROM_LIQUID = [
  ...['abs', 'at_least', 'at_most', 'ceil', 'divided_by', 'floor', 'minus', 'modulo', 'plus'],
  ...['round', 'times', 'sum', 'size', 'number_of_words', 'json', 'jsonify', 'url_encode'],
  ...['compact', 'concat', 'find', 'first', 'group_by', 'has', 'join', 'last', 'map', 'push'],
  ...['reject', 'reverse', 'slice', 'sort', 'sort_natural', 'split', 'uniq', 'where'],
  ...['truncatewords', 'append', 'prepend', 'default', 'date'],
  ...['capitalize', 'downcase', 'lstrip', 'remove', 'remove_first', 'remove_last', 'replace'],
  ...['replace_first', 'replace_last', 'rstrip', 'squish', 'strip', 'strip_newlines', 'upcase'],
];

/** What they make of Markdown is Markdown. */
const KEEP_MARKDOWN = new Set([
  ...['downcase', 'lstrip', 'remove', 'remove_first', 'remove_last', 'rstrip', 'strip'],
  ...['upcase', 'replace', 'replace_first', 'replace_last'],
]);

/** Beside what each character costs. */
const PARSING = 8_000;

/** How much more than reading an element these do with it. */
const SLOW = new Map([
  ...['sort', 'sort_natural', 'group_by', 'uniq'].map((name) => [name, 40] as const),
]);
/** A date is much work, whatever its length. */
const FIXED_COST = new Map([['date', 2_000]]);

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

const OWN: Readonly<Record<string, Filter>> = {
  /** The value is Markdown already. */
  md: (value) => markdown(textOf(value)),
  raw: (value) => markdown(textOf(value)),
  code: (value) => new RichText([{ kind: 'code', text: textOf(value) }]),

  /** A link to an http or https address; without one, only the text. */
  link: (value, url) => {
    const address = textOf(url).trim();
    const text = textOf(value);
    const isLink = /^https?:\/\/\S/i.test(address) && URL.canParse(address);
    if (!isLink) return value;
    return new RichText([{ kind: 'link', text: text === '' ? address : text, url: address }]);
  },

  default(value, fallback, ...others) {
    if (value instanceof RichText) return value.valueOf().trim() === '' ? fallback : value;
    return fromLiquid('default').call(this, value, fallback, ...others);
  },

  append(value, addition = '') {
    return joined(this.context, [value, addition]);
  },
  prepend(value, addition = '') {
    return joined(this.context, [addition, value]);
  },
  join(value, separator = ' ') {
    const list = Array.isArray(value) ? (value as unknown[]) : [value];
    return joined(
      this.context,
      list.flatMap((each, index) => (index === 0 ? [each] : [separator, each])),
    );
  },

  /** At most so many characters, as a reader counts them, and an ellipsis. */
  truncate(value, longest = 50, ellipsis = '…') {
    const limit = Number(longest);
    const given = textOf(value);
    const ending = textOf(ellipsis);
    const isParsed = value instanceof RichText;
    this.context.memoryLimit.use(
      given.length + ending.length + (isParsed ? PARSING + given.length * 4 : 0),
    );
    // Markdown that was cut anywhere would show its signs.
    const text = isParsed ? wordsOf(given) : given;
    return shortened(text, Number.isFinite(limit) ? limit : 50, ending) ?? value;
  },

  /** Always the same for the same event: without a time zone it is UTC, and there is no present time. */
  date(value, format, timeZone) {
    if (value === 'now' || value === 'today') {
      throw new TypeError(`the date "${value}" is not possible: use event.occurredAt`);
    }
    const zone = textOf(timeZone);
    const isNamed = zone !== '' && typeof timeZone !== 'number';
    // The name of the zone is shown by %Z alone, for which LiquidJS needs it.
    if (!isNamed || textOf(format).includes('%Z')) {
      return fromLiquid('date').call(this, value, format, timeZone);
    }
    return fromLiquid('date').call(this, value, format, offsetOf(zone, momentOf(value)));
  },

  /** Seconds, or the time from one moment to another, as `1h 5m`. */
  duration: (value, until) => {
    const ms =
      until === undefined ? Number(textOf(value)) * 1_000 : momentOf(until) - momentOf(value);
    if (!Number.isFinite(ms) || textOf(value) === '') return '';
    return ms < 0 ? `-${formatDuration(-ms)}` : formatDuration(ms);
  },
};

/** By name. */
export const FILTERS: Readonly<Record<string, Filter>> = {
  ...Object.fromEntries(FROM_LIQUID.map((name) => [name, fromLiquid(name)])),
  ...OWN,
};

/** A filter of LiquidJS, for values that have no pieces. */
function fromLiquid(name: string): Filter {
  const found = Object.entries(liquidFilters).find(([each]) => each === name)?.[1];
  if (typeof found !== 'function') throw new TypeError(`LiquidJS has no filter ${name}`);
  const original = found as Filter;
  return function filter(value, ...parameters) {
    const plain = parameters.map((each) => (each instanceof RichText ? each.valueOf() : each));
    const size = Array.isArray(value) || typeof value === 'string' ? value.length : 0;
    this.context.memoryLimit.use(size * (SLOW.get(name) ?? 1) + (FIXED_COST.get(name) ?? 0));
    if (!(value instanceof RichText)) return original.call(this, value, ...plain);
    if (!KEEP_MARKDOWN.has(name)) return original.call(this, value.valueOf(), ...plain);
    return new RichText(
      value.segments.map((segment) => ({
        ...segment,
        text: String(original.call(this, segment.text, ...plain)),
      })),
    );
  };
}

function textOf(value: unknown): string {
  return segmentsOf(value)
    .map(({ text }) => text)
    .join('');
}

function joined({ memoryLimit }: Context, values: readonly unknown[]): RichText | string {
  const segments = values.flatMap(segmentsOf);
  memoryLimit.use(segments.reduce((sum, { text }) => sum + text.length + 1, 0));
  const isPlain = segments.every(({ kind }) => kind === 'plain');
  return isPlain ? segments.map(({ text }) => text).join('') : new RichText(segments);
}

/** Undefined where the text is short enough. */
function shortened(text: string, limit: number, ending: string): string | undefined {
  if (text.length <= limit) return undefined;
  const room = limit - [...graphemes.segment(ending)].length;
  let cut = 0;
  let count = 0;
  for (const { index } of graphemes.segment(text)) {
    if (count <= room) cut = index;
    count += 1;
    if (count > limit) return text.slice(0, Math.max(0, cut)).trimEnd() + ending;
  }
  return undefined;
}

/** In milliseconds. A number is seconds, as the filter `date` has it. */
function momentOf(value: unknown): number {
  const text = textOf(value);
  return /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text);
}
