/** Markdown in bold, italic or struck through, which stays so wherever it stands: parsers show marks in the wrong place as text. */
import { withoutSpacesAround } from '../lib/text.js';

export type Style = 'bold' | 'italic' | 'strike';

export interface Piece {
  markdown: string;
  styles?: readonly Style[];
}

interface Part {
  text: string;
  styles: readonly Style[];
}

/** A space between a mark and punctuation would keep the mark from working. This counts as a letter, and nobody sees it. */
const ZERO_WIDTH_SPACE = '\u200B';

/** The pieces one after the other, on as many lines as they have. */
export function styledMarkdown(pieces: readonly Piece[]): string {
  const parts = joinAlike(pieces.flatMap(partsOf));
  return parts.map((part, index) => written(part, parts[index - 1], parts[index + 1])).join('');
}

/** Without spaces around it. What follows is a space, or the end of the line. Empty where there is nothing to be bold. */
export function bold(markdown: string): string {
  return styledMarkdown([{ markdown, styles: ['bold'] }]).trim();
}

/** What a line begins with that makes an item, a quote or a heading of it. */
const BLOCK_MARKER = /^(?:[-+*>]|\d{1,9}[.)]|#{1,6})\s+/;

/** Marks work within one line, and not beside a space. */
function partsOf({ markdown, styles = [] }: Piece): Part[] {
  if (styles.length === 0) return [{ text: markdown, styles }];
  const text = styles.includes('bold') ? withoutBold(markdown) : markdown;
  return text.split('\n').flatMap((line, index) => {
    const { after, before, inner } = withoutSpacesAround(line);
    const [marker = ''] = BLOCK_MARKER.exec(inner) ?? [];
    return [
      { text: `${index === 0 ? '' : '\n'}${before}${marker}`, styles: [] },
      { text: inner.slice(marker.length), styles },
      { text: after, styles: [] },
    ];
  });
}

/** Bold text within bold text would end it. Stars in code are no marks. */
function withoutBold(markdown: string): string {
  return markdown.replaceAll(/`[^`]*`|\*\*/g, (found) => (found === '**' ? '' : found));
}

function joinAlike(parts: readonly Part[]): Part[] {
  const joined: Part[] = [];
  for (const { text, styles } of parts.filter((part) => part.text !== '')) {
    const last = joined.at(-1);
    if (last && marksOf(last) === marksOf({ text, styles })) last.text += text;
    else joined.push({ text, styles });
  }
  return joined;
}

function marksOf({ styles }: Part): string {
  return `${strikeOf(styles)} ${emphasisOf(styles)}`;
}

function strikeOf(styles: readonly Style[]): string {
  return styles.includes('strike') ? '~~' : '';
}

function emphasisOf(styles: readonly Style[]): string {
  return `${styles.includes('italic') ? '*' : ''}${styles.includes('bold') ? '**' : ''}`;
}

function written({ text, styles }: Part, before: Part | undefined, next: Part | undefined): string {
  if (styles.length === 0) return text;
  const isAfterMark = isStyled(before) || /[*_~]$/.test(before?.text ?? '');
  const isBeforeMark = /^[*_~]/.test(next?.text ?? '') && !isStyled(next);
  const beside = {
    before: isAfterMark || endsInWord(before?.text ?? ''),
    next: isBeforeMark || isStyled(next) || beginsWithWord(next?.text ?? ''),
  };
  const [strike, emphasis] = [strikeOf(styles), emphasisOf(styles)];
  const inner = marked(emphasis, text, strike === '' ? beside : { before: true, next: true });
  // Two marks beside each other would be read as one.
  return [
    isAfterMark ? ZERO_WIDTH_SPACE : '',
    marked(strike, inner, beside),
    isBeforeMark ? ZERO_WIDTH_SPACE : '',
  ].join('');
}

function isStyled(part: Part | undefined): boolean {
  return part !== undefined && part.styles.length > 0;
}

function endsInWord(text: string): boolean {
  return /[^\s\p{P}\p{S}]$/u.test(text);
}

function beginsWithWord(text: string): boolean {
  return /^[^\s\p{P}\p{S}]/u.test(text);
}

/** @param beside whether a word or another mark is directly before it and next to it */
function marked(mark: string, text: string, beside: { before: boolean; next: boolean }): string {
  if (mark === '') return text;
  const opens = /^[*_~]/.test(text) || (beside.before && !beginsWithWord(text));
  // A backslash would escape the mark.
  const closes = /[*_~\\]$/.test(text) || (beside.next && !endsInWord(text));
  return [mark, opens ? ZERO_WIDTH_SPACE : '', text, closes ? ZERO_WIDTH_SPACE : '', mark].join('');
}
