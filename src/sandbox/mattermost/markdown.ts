/**
 * Mattermost's Markdown as its clients show it: CommonMark with tables, strikethrough and bare addresses, in which they then look
 * for what is Mattermost's own. It is strict: what could be a mention, a channel, a hashtag, an emoji, a smiley or a formula is one.
 */
import MarkdownIt, { type Token } from 'markdown-it';
import { own } from '../../lib/own.js';
import { plain, type ShownLine, type ShownRun, type ShownStyle } from '../markedText.js';

const markdown = new MarkdownIt({ html: false, linkify: true, breaks: true });
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: true, fuzzyIP: false });
markdown.linkify.add('www.', {
  validate: (text, position) => /^[^\s<]+/.exec(text.slice(position))?.[0].length ?? 0,
  normalize: () => undefined,
});
// The server lets any address be a link; whether one may be is the sender's to know.
markdown.validateLink = () => true;
markdown.disable('image');
/** A formula, unless its first sign is escaped. */
markdown.inline.ruler.before('escape', 'formula', (state, silent) => {
  const [formula] = /^\$[^$\n]+\$(?!\w)/.exec(state.src.slice(state.pos, state.posMax)) ?? [];
  if (formula === undefined) return false;
  if (!silent) state.push('formula', '', 0).content = formula;
  state.pos += formula.length;
  return true;
});

export function readMattermostMarkdown(text: string): ShownLine[] {
  return new Reader().read(markdown.parse(text, {}));
}

const STYLES: Partial<Record<string, ShownStyle>> = { strong: 'bold', em: 'italic', s: 'strike' };

class Reader {
  readonly #lines: ShownLine[] = [];
  #line: ShownRun[] = [];
  #quotes = 0;
  #isHeading = false;
  readonly #lists: (number | undefined)[] = [];

  read(tokens: readonly Token[]): ShownLine[] {
    for (const token of tokens) this.#block(token);
    this.#end();
    return this.#lines;
  }

  #block(token: Token): void {
    switch (token.type) {
      case 'blockquote_open':
        this.#quotes += 1;
        return;
      case 'blockquote_close':
        this.#quotes -= 1;
        return;
      case 'heading_open':
        this.#isHeading = true;
        return;
      case 'heading_close':
      case 'paragraph_close':
      case 'tr_close':
        this.#end();
        this.#isHeading = false;
        return;
      case 'bullet_list_open':
        this.#lists.push(undefined);
        return;
      case 'ordered_list_open':
        this.#lists.push(Number(token.attrGet('start') ?? 1));
        return;
      case 'bullet_list_close':
      case 'ordered_list_close':
        this.#lists.pop();
        return;
      case 'list_item_open':
        this.#end();
        this.#line.push(plain(this.#mark(), []));
        return;
      case 'th_close':
      case 'td_close':
        this.#line.push(plain(' | ', []));
        return;
      case 'fence':
      case 'code_block':
        this.#end();
        for (const line of token.content.replace(/\n$/, '').split('\n')) {
          this.#lines.push({ kind: 'code', runs: [plain(line, [])] });
        }
        return;
      case 'hr':
        this.#end();
        this.#lines.push({ kind: 'text', runs: [plain('──────────', [])] });
        return;
      case 'inline':
        this.#inline(token.children ?? []);
    }
  }

  #mark(): string {
    const number = this.#lists.at(-1);
    if (number === undefined) return '• ';
    this.#lists.splice(-1, 1, number + 1);
    return `${number}. `;
  }

  #inline(tokens: readonly Token[]): void {
    const styles: ShownStyle[] = this.#isHeading ? ['bold'] : [];
    let url: string | undefined;
    for (const token of tokens) {
      const style = own(STYLES, token.tag);
      if (style && token.nesting === 1) styles.push(style);
      else if (style && token.nesting === -1) styles.pop();
      else if (token.type === 'link_open') url = String(token.attrGet('href') ?? '');
      else if (token.type === 'link_close') url = undefined;
      else if (token.type === 'softbreak' || token.type === 'hardbreak') this.#end();
      else if (token.type === 'code_inline')
        this.#push(plain(token.content, [...styles, 'code']), url);
      else if (token.type === 'formula')
        this.#push({ ...plain(token.content, styles), mention: true }, url);
      else if (url !== undefined) this.#push(plain(token.content, styles), url);
      else for (const run of readWords(token.content, styles)) this.#push(run, undefined);
    }
  }

  #push(run: ShownRun, url: string | undefined): void {
    const styles = [...new Set(run.styles)];
    this.#line.push({ ...run, styles, ...(url !== undefined && { url: decoded(url) }) });
  }

  #end(): void {
    if (this.#line.length > 0) {
      this.#lines.push({ kind: this.#quotes > 0 ? 'quote' : 'text', runs: this.#line });
    }
    this.#line = [];
  }
}

/** As it was written: the parser encodes what may be in an address as it is. */
function decoded(url: string): string {
  return url.replace(/%(?:2A|5F|7E)/gi, (code) => decodeURIComponent(code));
}

/** In this order: people, channels, hashtags; then emoji and smileys. */
const OWN =
  /(?<own>(?<![\p{L}\p{N}_])@[a-z0-9][a-z0-9._-]*|(?<![\p{L}\p{N}_])~[a-z0-9][\w-]*|(?<![\p{L}\p{N}_])#\p{L}[\p{L}\p{N}_.-]*[\p{L}\p{N}])|(?<emoji>:[\w+-]+:|(?<!\w)(?::['’]?-?[()[\]dopsx@$|/]|;-?\))(?!\w)|<3|\bx-d\b)/giu;

function readWords(text: string, styles: readonly ShownStyle[]): ShownRun[] {
  const runs: ShownRun[] = [];
  let end = 0;
  for (const match of text.matchAll(OWN)) {
    if (match.index > end) runs.push(plain(text.slice(end, match.index), styles));
    const isEmoji = match.groups?.emoji !== undefined;
    runs.push({
      ...plain(match[0], styles),
      ...(isEmoji ? { emoji: match[0].replaceAll(':', '') } : { mention: true as const }),
    });
    end = match.index + match[0].length;
  }
  return end < text.length ? [...runs, plain(text.slice(end), styles)] : runs;
}

/** Whom the server notifies: it reads the text outside of code, whatever is escaped in it. */
export function notifiedBy(text: string): string[] {
  const words = text.replace(/```[\s\S]*?```|`[^`\n]*`/g, ' ');
  const found = words.matchAll(/(?<![\p{L}\p{N}_])@([a-z0-9][a-z0-9._-]*)/giu);
  return Array.from(found, ([, name = '']) => name.toLowerCase());
}
