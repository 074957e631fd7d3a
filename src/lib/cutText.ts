/** Where text is cut that is too long for one place. */

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** How much of a limit may be left unused so that a cut is at a space, or outside a link. Text may have neither for long. */
const UNUSED_SHARE = 0.2;

/** A line end is a better place for a cut: it may leave half of the limit unused. */
const UNUSED_SHARE_AT_LINE_END = 0.5;

/** Of a limit of so many characters: how many may be left unused for a better cut. */
export function allowance(limit: number): number {
  return Math.floor(limit * UNUSED_SHARE);
}

/**
 * Where to cut so that at most `limit` UTF-16 units remain: at a line end, else before a space near the limit, else between
 * two characters that a reader sees. At least 1, so that every cut makes progress.
 *
 * @param unused how far before the limit a space is looked for
 */
export function cutPoint(text: string, limit: number, unused = allowance(limit)): number {
  if (text.length <= limit) return text.length;
  const line = text.lastIndexOf('\n', limit);
  if (line > 0 && line >= limit * (1 - UNUSED_SHARE_AT_LINE_END)) return line;
  const near = Math.max(1, limit - unused);
  const space = text.slice(near, limit + 1).search(/\s\S*$/);
  return space >= 0 ? near + space : characterBoundary(text, limit);
}

function characterBoundary(text: string, limit: number): number {
  const boundary = graphemes.segment(text).containing(limit)?.index ?? 0;
  // A single character of more than the limit, which no person writes, is cut between its code points.
  return boundary > 0 ? boundary : Math.max(1, wellFormed(text, limit));
}

/** The index, or one less where it is between the halves of a surrogate pair. */
function wellFormed(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return index > 1 && code >= 0xdc00 && code <= 0xdfff ? index - 1 : index;
}

/** Plain text of at most `limit` UTF-16 units, with an ellipsis where it was cut. */
export function shortenText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, cutPoint(text, limit - 1)).trimEnd()}…`;
}

/**
 * Plain text, shortened so that what is written of it fits, as where characters are escaped: text that is cut after it was
 * escaped could end in the middle of an entity.
 */
export function shortenToFit(text: string, fits: (text: string) => boolean): string {
  if (fits(text)) return text;
  const length = longestFitting(text.length, (tried) => fits(shortenText(text, tried)));
  return shortenText(text, Math.max(1, length));
}

/** The greatest of 1 to `most` that fits, where what is smaller than one that fits does too; 0 where none does. */
export function longestFitting(most: number, fits: (length: number) => boolean): number {
  let fitting = 0;
  let tooLong = most + 1;
  while (tooLong - fitting > 1) {
    const tried = Math.floor((fitting + tooLong) / 2);
    if (fits(tried)) fitting = tried;
    else tooLong = tried;
  }
  return fitting;
}
