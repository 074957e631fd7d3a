/** From Markdown to the document that is rendered. */
import { ExpiringMap } from '../../lib/expiringMap.js';
import { mayLinkTo } from '../../lib/linkTargets.js';
import { own } from '../../lib/own.js';
import { isCodeLanguage } from './codeLanguages.js';
import { isBlank } from '../../lib/text.js';
import {
  joinAlike,
  plainRun,
  STYLES,
  textOf,
  type Block,
  type Link,
  type Run,
  type Style,
} from './document.js';
import { parseMarkdown, type Token } from './markdownParser.js';

/**
 * A text of 35,000 characters takes some 15 ms, in which its process does nothing else. An event is accepted at each of its routes,
 * and a message is laid out and posted at each of its destinations, within seconds mostly and with the same text.
 */
const recent = new ExpiringMap<readonly Block[]>(60_000, 5);
/** In characters. Shorter texts are parsed in half a millisecond. Of longer ones, a few would take much memory. */
const REMEMBERED = { shortest: 1_000, longest: 100_000 };

/**
 * The document's blocks. Text that is nothing but markup, as `#` or an image without an address, is shown as it was written: it is
 * all that its sender said. There are none for text that is blank. Those of a text that was parsed lately are the same objects.
 */
export function parseDocument(markdown: string): readonly Block[] {
  const blocks = blocksThatShow(markdown);
  if (blocks.length > 0 || isBlank(markdown)) return blocks;
  return [{ kind: 'paragraph', runs: [plainRun(markdown.trim())] }];
}

/** Whether rendering its Markdown leaves nothing of the text to show. */
export function isOnlyMarkup(markdown: string): boolean {
  return blocksThatShow(markdown).length === 0;
}

function blocksThatShow(markdown: string): readonly Block[] {
  const { length } = markdown;
  if (length < REMEMBERED.shortest || length > REMEMBERED.longest) {
    return blocksOf(parseMarkdown(markdown));
  }
  const blocks = recent.get(markdown) ?? blocksOf(parseMarkdown(markdown));
  recent.set(markdown, blocks);
  return blocks;
}

/** Splits a list of tokens into its outermost blocks, each with the tokens inside it. */
function childBlocks(tokens: readonly Token[]): Token[][] {
  const blocks: Token[][] = [];
  let depth = 0;
  for (const token of tokens) {
    if (depth === 0) blocks.push([]);
    blocks.at(-1)?.push(token);
    depth += token.nesting;
  }
  return blocks;
}

const inside = (block: readonly Token[]): readonly Token[] => block.slice(1, -1);

function blocksOf(tokens: readonly Token[]): Block[] {
  return childBlocks(tokens).flatMap(blockOf);
}

function blockOf(tokens: readonly Token[]): Block[] {
  const [opening] = tokens;
  switch (opening?.type) {
    case 'heading_open':
      return withRuns(tokens, (runs) => ({
        kind: 'heading',
        level: Number(opening.tag.slice(1)),
        runs,
      }));
    case 'blockquote_open': {
      const blocks = blocksOf(inside(tokens));
      return blocks.length === 0 ? [] : [{ kind: 'quote', blocks }];
    }
    case 'bullet_list_open':
    case 'ordered_list_open': {
      const items = childBlocks(inside(tokens)).map((item) => blocksOf(inside(item)));
      const first =
        opening.type === 'ordered_list_open' ? Number(opening.attrGet('start') ?? 1) : undefined;
      return items.every((item) => item.length === 0) ? [] : [{ kind: 'list', first, items }];
    }
    case 'fence':
    case 'code_block': {
      const text = (wordsOfFence(opening) + opening.content).replace(/\n$/, '');
      return isBlank(text) ? [] : [{ kind: 'code', text }];
    }
    case 'table_open': {
      const rows: Run[][][] = [];
      for (const token of tokens) {
        if (token.type === 'tr_open') rows.push([]);
        if (token.type === 'inline') rows.at(-1)?.push(runsOf(token.children ?? []));
      }
      return isBlank(textOf(rows.flat(2))) ? [] : [{ kind: 'table', rows }];
    }
    case 'hr':
      return [{ kind: 'rule' }];
    default:
      return withRuns(tokens, (runs) => ({ kind: 'paragraph', runs }));
  }
}

/**
 * What follows a fence on its line: a language is not shown, other words are the first line of what somebody pasted, or what is left
 * of a text that was cut.
 */
function wordsOfFence({ info }: Token): string {
  const words = info.trim();
  return words === '' || isCodeLanguage(words) ? '' : `${words}\n`;
}

function withRuns(tokens: readonly Token[], block: (runs: readonly Run[]) => Block): Block[] {
  const runs = tokens.flatMap(({ children }) => runsOf(children ?? []));
  return isBlank(textOf(runs)) ? [] : [block(runs)];
}

const STYLE_OF_TAG: Partial<Record<string, Style>> = { strong: 'bold', em: 'italic', s: 'strike' };

const attribute = (token: Token | undefined, name: string): string =>
  String(token?.attrGet(name) ?? '');

function runsOf(tokens: readonly Token[]): Run[] {
  const reader = new InlineReader();
  reader.read(tokens);
  return joinAlike(reader.runs);
}

/** Collects the runs of a line of tokens, in which emphasis, links and images may be nested in any way. */
class InlineReader {
  readonly runs: Run[] = [];
  readonly #depths = new Map<Style, number>();
  /** The outermost link or image under way. Markup has no links within links: inner addresses follow it. */
  #outer: { target: string; link: Link | undefined; start: number; after: string[] } | undefined;
  #linkDepth = 0;
  /** Of links within the outermost one: where each began. */
  readonly #targets: string[] = [];

  read(tokens: readonly Token[]): void {
    for (const token of tokens) {
      const style = own(STYLE_OF_TAG, token.tag);
      if (style !== undefined && token.nesting !== 0) {
        this.#depths.set(style, (this.#depths.get(style) ?? 0) + token.nesting);
        continue;
      }
      switch (token.type) {
        case 'link_open':
          this.#open(attribute(token, 'href'), attribute(token, 'title'));
          break;
        case 'link_close':
          this.#close();
          break;
        case 'image':
          // Not the image itself: every reader's client would fetch it from its server, if the platform showed it.
          this.#open(attribute(token, 'src'), attribute(token, 'title'));
          this.read(token.children ?? []);
          this.#close();
          break;
        case 'code_inline':
          this.#add({ text: token.content }, 'code');
          break;
        case 'softbreak':
        case 'hardbreak':
          this.#add({ text: '\n' });
          break;
        case 'emoji':
          this.#add({ text: token.content, customEmoji: token.info || undefined });
          break;
        default:
          this.#add({ text: token.content });
      }
    }
  }

  #open(target: string, title: string): void {
    this.#linkDepth += 1;
    this.#targets.push(target);
    if (this.#outer) {
      if (title !== '') this.#outer.after.push(title);
      return;
    }
    const link = mayLinkTo(target) ? { url: target } : undefined;
    this.#outer = { target, link, start: this.runs.length, after: title === '' ? [] : [title] };
  }

  #close(): void {
    const target = this.#targets.pop() ?? '';
    this.#linkDepth -= 1;
    const outer = this.#outer;
    if (!outer) return;
    if (this.#linkDepth > 0) {
      outer.after.push(target);
      return;
    }
    const label = textOf(this.runs.slice(outer.start));
    // A link without words has its address for them.
    if (label.trim() === '' && outer.target !== '') this.#add({ text: outer.target });
    this.#outer = undefined;
    const shown = label.trim() === '' ? outer.target : label;
    if (!outer.link && outer.target !== '' && !isSameAddress(shown, outer.target)) {
      outer.after.unshift(outer.target);
    }
    for (const each of outer.after.filter((text) => text !== shown)) this.#addInBrackets(each);
  }

  /** An address or a title after a link. */
  #addInBrackets(text: string): void {
    this.#add({ text: ' (' });
    this.#add({ text, link: mayLinkTo(text) ? { url: text } : undefined });
    this.#add({ text: ')' });
  }

  #add(
    { text, customEmoji, link = this.#outer?.link }: Pick<Run, 'text' | 'customEmoji' | 'link'>,
    style?: Style,
  ): void {
    if (text === '') return;
    const styles = STYLES.filter((each) => each === style || (this.#depths.get(each) ?? 0) > 0);
    this.runs.push({ text, styles, link, customEmoji });
  }
}

/** The parser shows a bare address decoded, and links to it encoded. */
function isSameAddress(shown: string, target: string): boolean {
  return shown === target || encodeURI(shown) === target;
}
