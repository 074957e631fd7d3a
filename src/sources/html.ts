/** Simple HTML, as some senders have it in their texts. */
import { escapedMarkdown } from '../lib/plainAsMarkdown.js';
import { linkAround } from './facts.js';
import { styledMarkdown, type Piece, type Style } from './styledMarkdown.js';

/** The same in Markdown, which shows tags as text. What is Markdown already stays so. */
export function htmlToMarkdown(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const reader = new HtmlReader();
  const html = text.replaceAll(/\r\n?/g, '\n').replaceAll(/&(?:nbsp|#160|#xa0);/gi, '\u00A0');
  let at = 0;
  for (const match of html.matchAll(CODE_OR_TAG)) {
    const [whole, closing, name, attributes = ''] = match;
    reader.text(html.slice(at, match.index));
    at = match.index + whole.length;
    if (name === undefined) reader.code(whole);
    else if (closing === '/') reader.close(name.toLowerCase());
    else reader.open(name.toLowerCase(), attributes);
  }
  reader.text(html.slice(at));
  return styledMarkdown(reader.pieces()).trim();
}

/** Markdown's code, in which tags are text, or a tag. An attribute's value may have a `>` where it is in quotes. */
const CODE_OR_TAG =
  /```[\s\S]*?```|`[^`\n]+`|<(\/?)([a-z][a-z0-9]*)(\s(?:"[^"]*"|'[^']*'|[^<>"'])*|\s[^<>]*|\/)?>/gi;

const STYLES = new Map<string, Style>([
  ['b', 'bold'],
  ['strong', 'bold'],
  ['i', 'italic'],
  ['em', 'italic'],
  ['s', 'strike'],
  ['strike', 'strike'],
  ['del', 'strike'],
]);

/** After which the next text is on another line. */
const BLOCK = /^(?:p|div|li|tr|h[1-6])$/;
const CELL = /^t[dh]$/;

interface ReadPiece extends Piece {
  styles: readonly Style[];
  address: string | undefined;
}

/** Collects what tags say of the text between them. */
class HtmlReader {
  readonly #pieces: ReadPiece[] = [];
  readonly #depths = new Map<Style, number>();
  /** Of the link that is open. */
  #address: string | undefined;

  text(markdown: string): void {
    const styles = [...this.#depths].flatMap(([style, depth]) => (depth > 0 ? [style] : []));
    this.#pieces.push({ markdown, styles, address: this.#address });
  }

  code(markdown: string): void {
    this.#pieces.push({ markdown, styles: [], address: this.#address });
  }

  open(name: string, attributes: string): void {
    const style = STYLES.get(name);
    if (style !== undefined) this.#change(style, 1);
    if (name === 'a') this.#address = attribute(attributes, 'href');
    if (name === 'br') this.code('\n');
    if (name === 'li') this.code('- ');
    if (name === 'img') this.#image(attributes);
  }

  close(name: string): void {
    const style = STYLES.get(name);
    if (style !== undefined) this.#change(style, -1);
    if (name === 'a') this.#address = undefined;
    if (BLOCK.test(name)) this.code('\n');
    if (CELL.test(name)) this.code(' ');
  }

  /** The links around what they have in them. */
  pieces(): Piece[] {
    const pieces: Piece[] = [];
    let label: Piece[] = [];
    this.#pieces.forEach(({ markdown, styles, address }, index) => {
      if (address === undefined) {
        pieces.push({ markdown, styles });
        return;
      }
      label.push({ markdown, styles });
      if (this.#pieces[index + 1]?.address === address) return;
      pieces.push({ markdown: link(label, address) });
      label = [];
    });
    return pieces;
  }

  #change(style: Style, by: 1 | -1): void {
    this.#depths.set(style, Math.max(0, (this.#depths.get(style) ?? 0) + by));
  }

  #image(attributes: string): void {
    const words = escapedMarkdown(attribute(attributes, 'alt') ?? 'Image');
    const address = this.#address ?? attribute(attributes, 'src');
    this.#pieces.push({ markdown: words, styles: [], address });
  }
}

/** A link is on one line, and has spaces outside. Without words it has its address for them. */
function link(label: readonly Piece[], address: string): string {
  const words = styledMarkdown(label);
  const line = words.split(/\s+/).filter(Boolean).join(' ');
  const [before, after] = [/^\s/.test(words) ? ' ' : '', /\s$/.test(words) ? ' ' : ''];
  return `${before}${linkAround(line === '' ? escapedMarkdown(address) : line, address)}${after}`;
}

/** In double quotes, single quotes or none; undefined where it has no value. */
function attribute(attributes: string, name: string): string | undefined {
  const pattern = new RegExp(String.raw`\s${name}\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))`, 'i');
  const [, ...values] = pattern.exec(attributes) ?? [];
  const value = values.join('').trim();
  return value === '' ? undefined : withoutEntities(value);
}

const ENTITIES = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['#39', "'"],
  ['nbsp', ' '],
]);

/** Plain text, in which the entities that tools write are the characters that they mean. In Markdown they are without it. */
export function withoutEntities(text: string): string {
  return text.replaceAll(
    /&(#?[a-z0-9]{2,5});/gi,
    (entity, name: string) => ENTITIES.get(name) ?? entity,
  );
}
