/** Text that comes from elsewhere: whether it is text at all, and what of it is meant for a terminal instead of a reader. */
import { mayLinkTo } from './linkTargets.js';

/** Half of a surrogate pair. No encoding but JavaScript's own and JSON's escapes can hold it. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Whether UTF-8 can hold the text. What can't be encoded can't be stored, compared or posted. */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/** The text with a replacement character for each half of a surrogate pair. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

/** How many bytes the text takes. */
export function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The text of these bytes, without a byte-order mark; undefined where they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Enough to see what is wrong with a request. */
const MOST_REPORTED = 20;

interface Place {
  value: unknown;
  name?: string | number;
  within?: Place;
}

/**
 * The paths, at most 20, to where a text or the name of a field is not well-formed. Neither recursive nor quadratic, since
 * a sender can nest a value as deep as its body is long.
 */
export function illFormedTexts(root: unknown): (string | number)[][] {
  const found: Place[] = [];
  // YAML can hold itself.
  const seen = new Set<object>();
  const left: Place[] = [{ value: root }];
  for (let place = left.pop(); place && found.length < MOST_REPORTED; place = left.pop()) {
    const { value, name } = place;
    if (typeof name === 'string' && !isWellFormed(name)) found.push(place);
    else if (typeof value === 'string') {
      if (!isWellFormed(value)) found.push(place);
    } else if (typeof value === 'object' && value !== null && !seen.has(value)) {
      seen.add(value);
      for (const [each, inner] of entriesOf(value)) {
        left.push({ value: inner, name: each, within: place });
      }
    }
  }
  return found.map(pathOf);
}

function entriesOf(value: object): [string | number, unknown][] {
  return Array.isArray(value) ? [...value.entries()] : Object.entries(value);
}

function pathOf(place: Place): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at: Place | undefined = place; at?.name !== undefined; at = at.within) {
    path.push(typeof at.name === 'string' ? wellFormed(at.name) : at.name);
  }
  return path.reverse();
}

/**
 * What a reader can't see, for character classes: control characters, formatting (zero-width characters, joiners, marks that
 * turn the direction), line and paragraph separators, halves of surrogate pairs. Written out, and not as `\\p{…}`, since it
 * also documents fields in JSON Schema, for regular expressions of other languages.
 */
export const INVISIBLE =
  '\\u0000-\\u001F\\u007F-\\u009F\\u00AD\\u0600-\\u0605\\u061C\\u06DD\\u070F\\u0890\\u0891\\u08E2\\u180E\\u200B-\\u200F\\u2028-\\u202E\\u2060-\\u206F\\uD800-\\uDFFF\\uFEFF\\uFFF9-\\uFFFB';

/**
 * `INVISIBLE`, and what else nobody sees wherever it is: fillers, blanks that are no spaces, and unassigned formatting. Also
 * written out. Beyond the Basic Multilingual Plane no class is valid both with and without the flag `u`: `hiddenCharacter`
 * finds those.
 */
export const NEVER_VISIBLE = `${INVISIBLE}\\u034F\\u115F\\u1160\\u17B4\\u17B5\\u2800\\u3164\\uFFA0\\uFFF0-\\uFFF8`;

/**
 * All that shows nothing of itself: what Unicode calls ignorable by default (variation selectors and tags among it), the
 * formatting of hieroglyphs and their blanks, the filler of Khitan, and the null notehead of music.
 */
const SHOWS_NOTHING = `${NEVER_VISIBLE}\\p{Default_Ignorable_Code_Point}\\u{13430}-\\u{1343F}\\u{13441}\\u{13442}\\u{16FE4}\\u{1D159}`;

/** Selectors and tags that change what is before them: those of emoji, of ideographs, and of other scripts that have them. */
const CHANGES_WHAT_IS_BEFORE = new RegExp(
  [
    '(?<=(?![0-9#*])\\p{Emoji})[\\uFE0E\\uFE0F]',
    '(?<=[0-9#*])\\uFE0F(?=\\u20E3)',
    '(?<=[\\p{Script=Han}\\p{Script=Myanmar}\\p{Script=Phags_Pa}\\p{Sm}])[\\uFE00-\\uFE0D]',
    '(?<=\\p{Script=Han})[\\u{E0100}-\\u{E01EF}]',
    '(?<=[\\u1807\\u1820-\\u18AA])[\\u180B-\\u180D\\u180F]',
    // The flags of regions, as of Scotland.
    '(?<=\\u{1F3F4})[\\u{E0030}-\\u{E0039}\\u{E0061}-\\u{E007A}]{3,6}\\u{E007F}',
  ].join('|'),
  'gu',
);

// eslint-disable-next-line no-misleading-character-class -- each character is looked for by itself
const HIDDEN = new RegExp(`[${SHOWS_NOTHING}]`, 'u');

/**
 * The first character that no reader sees, so that two texts with and without it look alike; undefined where there is none. A
 * selector after what it changes, as in ⚠️, is seen.
 */
export function hiddenCharacter(text: string): string | undefined {
  return HIDDEN.exec(text.replace(CHANGES_WHAT_IS_BEFORE, ''))?.[0];
}

// eslint-disable-next-line no-misleading-character-class -- each character is looked for by itself
const VISIBLE = new RegExp(`[^\\s${SHOWS_NOTHING}]`, 'u');

/** Whether a reader sees nothing: no words once the terminal codes are gone that no destination shows. */
export function isBlank(text: string): boolean {
  return !VISIBLE.test(withoutTerminalCodes(text));
}

/**
 * What doesn't belong in one line of text: control characters, line and paragraph separators, and what turns the direction
 * of all that follows. Joiners, which some scripts and emoji are written with, do belong there.
 */
export const NOT_IN_ONE_LINE =
  '\\u0000-\\u001F\\u007F-\\u009F\\u2028-\\u202E\\u2066-\\u2069\\uD800-\\uDFFF';

/**
 * A pattern of text that isn't blank, for JSON Schema: some character can be seen. `isBlank` also knows sequences for terminals, and
 * what nobody sees beyond the Basic Multilingual Plane.
 */
export const NOT_BLANK = `[^\\s${NEVER_VISIBLE}\\u180B-\\u180F\\uFE00-\\uFE0F]`;

/* eslint-disable no-control-regex -- control characters are what these look for */
/**
 * Sequences for terminals, by ECMA-48 (https://ecma-international.org/publications-and-standards/standards/ecma-48/).
 * Strings for the terminal itself (titles, hyperlinks) end within their line: one that doesn't is not taken for one, or a
 * single byte could hide the rest of a message.
 */
const TERMINAL_CODES = new RegExp(
  [
    // OSC, DCS, SOS, PM, APC: a string up to ST or BEL.
    '(?:\\x1b[\\]PX^_]|[\\x9d\\x90\\x98\\x9e\\x9f])[^\\x00-\\x1f\\x7f-\\x9f]*(?:\\x07|\\x1b\\\\|\\x9c)',
    // CSI: parameters, intermediates, a final character.
    '(?:\\x1b\\[|\\x9b)[0-?]*[ -/]*[@-~]',
    // Other escape sequences.
    '\\x1b[ -/]*[0-~]',
  ].join('|'),
  'g',
);
/** The beginning of a hyperlink, or with an empty address its end: https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda */
const HYPERLINK =
  /(?:\x1b\]|\x9d)8;[^;\x00-\x1f\x7f-\x9f]*;([^\x00-\x1f\x7f-\x9f]*)(?:\x07|\x1b\\|\x9c)/g;
/** C0 but tab and line feed, DEL, and C1. */
const OTHER_CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;
/* eslint-enable no-control-regex */

/**
 * The text without what only a terminal understands: colours, cursor movements, and control characters but tabs and line
 * breaks. The address of a link follows its words, in brackets. Every kind of line break becomes a line feed.
 */
export function withoutTerminalCodes(text: string): string {
  return withAddresses(text)
    .replace(TERMINAL_CODES, '')
    .replace(/\r\n?|\u0085/g, '\n')
    .replace(OTHER_CONTROLS, '');
}

function withAddresses(text: string): string {
  let address = '';
  let words = 0;
  const afterWords = (end: number): string =>
    mayLinkTo(address) && text.slice(words, end) !== address ? ` (${address})` : '';
  const replaced = text.replace(HYPERLINK, (code, next: string, at: number) => {
    const after = afterWords(at);
    address = next;
    words = at + code.length;
    return after;
  });
  return replaced + afterWords(text.length);
}

/**
 * The text without the spaces at its ends, and those spaces. A pattern with `\s*$` looks for the end at each space, so that it takes
 * minutes for a text of spaces.
 */
export function withoutSpacesAround(text: string): {
  before: string;
  inner: string;
  after: string;
} {
  const inner = text.trim();
  const before = text.slice(0, text.length - text.trimStart().length);
  return { before, inner, after: text.slice(before.length + inner.length) };
}
