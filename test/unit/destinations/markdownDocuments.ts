/** Arbitrary Markdown documents, with what a reader has to see of each on every platform. */
import fc from 'fast-check';

/** A text that a document shows, with no other text of the same style between its characters. */
export interface ShownText {
  text: string;
  styles: string[];
  /** Where it links to. */
  url?: string;
  /** In a table or a code block, in which platforms may have no styles. */
  fixedWidth: boolean;
  /** In a heading, which platforms may show in bold. */
  heading: boolean;
}

export interface MarkdownDocument {
  markdown: string;
  shown: ShownText[];
  /** Addresses that may be links. */
  linked: string[];
  /** Addresses that may only be text. */
  refused: string[];
}

type Inline =
  | { kind: 'word' | 'literal' | 'code' | 'emoji' | 'entity' | 'break'; pick: number }
  | { kind: 'bold' | 'italic' | 'strike'; inner: Inline[] }
  | { kind: 'cjk' }
  | { kind: 'link' | 'reference'; refused: number | undefined; inner: Inline[] }
  | { kind: 'autolink' | 'image'; refused: number | undefined };

type Block =
  | { kind: 'paragraph' | 'heading'; level: number; inner: Inline[] }
  | { kind: 'quote'; inner: Block[] }
  | { kind: 'list'; ordered: boolean; items: Block[][] }
  | { kind: 'code'; fenced: boolean; pick: number }
  | { kind: 'table'; rows: Inline[][][]; excess: number }
  | { kind: 'definitions'; unused: { label: number; isUrl: boolean; isUsed: boolean }[] }
  | { kind: 'rule' };

const LITERALS = ['*', '_', '~', '`', '**', '~~', '[', ']', '<', '>', '&', '#', '|', '!', '\\'];
const EMOJI = [
  [':warning:', '⚠️'],
  [':fire:', '🔥'],
  [':+1:', '👍'],
] as const;
const CODE = ['a*b*', '<!channel>', '_x_ & ~y~', ':warning:', '{{DATE(2017-02-14T06:00:00Z)}}'];
const REFUSED = [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'data:text/html,x',
  'ms-msdt:/id',
  'smb://host/share',
  'file:///etc/passwd',
  'vbscript:x',
  '//host/path',
  '/relative',
  'relative.html',
  'https:host',
];
const LABELS = ['', 'FIRING ', 'prod-db-', '^', '@', 'a/'];
/** Only these are addresses in angle brackets. */
const REFUSED_WITH_SCHEME = REFUSED.filter((address) => /^[A-Za-z-]{2,}:/.test(address));

const pick = fc.nat(1_000);
const refused = fc.option(pick, { nil: undefined, freq: 3 });

const { inlines } = fc.letrec<{ inline: Inline; inlines: Inline[] }>((tie) => ({
  inline: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('word' as const), pick }),
    fc.record({
      kind: fc.constantFrom('literal', 'code', 'emoji', 'entity', 'break'),
      pick,
    }),
    fc.constant({ kind: 'cjk' as const }),
    fc.record({ kind: fc.constantFrom('autolink', 'image'), refused }),
    fc.record({ kind: fc.constantFrom('bold', 'italic', 'strike'), inner: tie('inlines') }),
    fc.record({ kind: fc.constantFrom('link', 'reference'), refused, inner: tie('inlines') }),
  ),
  inlines: fc.array(tie('inline'), { minLength: 1, maxLength: 4 }),
}));

const { blocks } = fc.letrec<{ block: Block; blocks: Block[] }>((tie) => ({
  block: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({
      kind: fc.constantFrom('paragraph', 'heading'),
      level: fc.integer({ min: 1, max: 6 }),
      inner: inlines,
    }),
    fc.record({ kind: fc.constant('code' as const), fenced: fc.boolean(), pick }),
    fc.constant({ kind: 'rule' as const }),
    fc.record({
      kind: fc.constant('definitions' as const),
      unused: fc.array(fc.record({ label: pick, isUrl: fc.boolean(), isUsed: fc.boolean() }), {
        minLength: 1,
        maxLength: 3,
      }),
    }),
    fc.integer({ min: 1, max: 3 }).chain((columns) =>
      fc.record({
        kind: fc.constant('table' as const),
        rows: fc.array(fc.array(inlines, { minLength: columns, maxLength: columns }), {
          minLength: 1,
          maxLength: 3,
        }),
        excess: fc.nat(2),
      }),
    ),
    fc.record({ kind: fc.constant('quote' as const), inner: tie('blocks') }),
    fc.record({
      kind: fc.constant('list' as const),
      ordered: fc.boolean(),
      items: fc.array(tie('blocks'), { minLength: 1, maxLength: 3 }),
    }),
  ),
  blocks: fc.array(tie('block'), { minLength: 1, maxLength: 4 }),
}));

export const markdownDocuments = blocks.map((each) => new Writer().document(each));

interface Around {
  styles: string[];
  url?: string | undefined;
  inLink: boolean;
  inTable: boolean;
  inHeading: boolean;
}
const NOTHING_AROUND: Around = { styles: [], inLink: false, inTable: false, inHeading: false };

class Writer {
  #count = 0;
  readonly #shown: ShownText[] = [];
  readonly #linked: string[] = [];
  readonly #refused: string[] = [];
  readonly #definitions: string[] = [];

  document(content: readonly Block[]): MarkdownDocument {
    const text = this.#blocks(content);
    return {
      markdown: [text, ...this.#definitions].join('\n\n'),
      shown: this.#shown,
      linked: this.#linked,
      refused: this.#refused,
    };
  }

  #word(): string {
    this.#count += 1;
    return `w${this.#count}x`;
  }

  #show(text: string, { styles, url, inTable, inHeading }: Around, more: string[] = []): void {
    this.#shown.push({
      text,
      styles: [...styles, ...more],
      ...(url !== undefined && { url }),
      fixedWidth: inTable,
      heading: inHeading,
    });
  }

  #address(refusedBy: number | undefined, from = REFUSED): string {
    this.#count += 1;
    if (refusedBy === undefined) {
      const url = `https://example.com/${this.#count}_a?b=c&d=*e*`;
      this.#linked.push(url);
      return url;
    }
    const url = `${from[refusedBy % from.length] ?? ''}${this.#count}`;
    this.#refused.push(url);
    return url;
  }

  #inlines(content: readonly Inline[], around: Around): string {
    return content.map((each) => this.#inline(each, around)).join(' ');
  }

  #inline(inline: Inline, around: Around): string {
    const word = this.#word();
    switch (inline.kind) {
      case 'word':
        this.#show(word, around);
        return word;
      case 'literal': {
        const mark = LITERALS[inline.pick % LITERALS.length] ?? '*';
        this.#show(`${mark}${word}${mark}`, around);
        const escaped = mark.replace(/./g, String.raw`\$&`);
        return `${escaped}${word}${escaped}`;
      }
      case 'code': {
        const code = `${word} ${CODE[inline.pick % CODE.length] ?? ''}`;
        this.#show(code, around, ['code']);
        return `\`${code}\``;
      }
      case 'emoji': {
        const [code, character] = EMOJI[inline.pick % EMOJI.length] ?? EMOJI[0];
        this.#show(`${character} ${word}`, around);
        return `${code} ${word}`;
      }
      case 'entity':
        this.#show(`${word}&<©`, around);
        return `${word}&amp;&lt;&copy;`;
      case 'break':
        this.#show(word, around);
        return around.inTable || around.inLink ? word : `${word}  \n${word}`;
      case 'cjk': {
        const inner = `障害${word}です。`;
        if (around.styles.includes('bold')) {
          this.#show(inner, around);
          return inner;
        }
        this.#show(inner, around, ['bold']);
        return `これは**${inner}**対応中`;
      }
      case 'bold':
      case 'italic':
      case 'strike':
        return this.#emphasised(inline.kind, inline.inner, around);
      case 'link':
      case 'reference':
        return this.#link(inline.kind, inline.refused, inline.inner, around);
      case 'autolink': {
        if (around.inLink) return this.#inline({ kind: 'word', pick: 0 }, around);
        const url = this.#address(inline.refused, REFUSED_WITH_SCHEME);
        return `<${url}>`;
      }
      case 'image': {
        const url = this.#address(inline.refused);
        const isLink = inline.refused === undefined && !around.inLink;
        this.#show(word, { ...around, url: isLink ? url : around.url });
        return `![${word}](${url})`;
      }
    }
  }

  #emphasised(style: 'bold' | 'italic' | 'strike', inner: Inline[], around: Around): string {
    if (around.styles.includes(style)) return this.#inlines(inner, around);
    const text = this.#inlines(inner, { ...around, styles: [...around.styles, style] });
    const mark = { bold: '**', italic: '_', strike: '~~' }[style];
    // Between words: a break or a mark beside the emphasis would mean something else.
    return `${mark}${this.#emphasisEdge(around, style)} ${text} ${this.#emphasisEdge(around, style)}${mark}`;
  }

  #emphasisEdge(around: Around, style: string): string {
    const word = this.#word();
    this.#show(word, { ...around, styles: [...around.styles, style] });
    return word;
  }

  #link(
    kind: 'link' | 'reference',
    refusedBy: number | undefined,
    inner: Inline[],
    around: Around,
  ): string {
    if (around.inLink) return this.#inlines(inner, around);
    const url = this.#address(refusedBy);
    const target = refusedBy === undefined ? url : undefined;
    const label = this.#inlines(inner, { ...around, url: target, inLink: true });
    if (kind === 'link') return `[${label}](${url})`;
    const name = this.#word();
    this.#definitions.push(`[${name}]: ${url}`);
    return `[${label}][${name}]`;
  }

  #blocks(content: readonly Block[]): string {
    return content.map((block) => this.#block(block)).join('\n\n');
  }

  #block(block: Block): string {
    switch (block.kind) {
      case 'paragraph':
        return this.#inlines(block.inner, NOTHING_AROUND);
      case 'heading':
        return `${'#'.repeat(block.level)} ${this.#heading(block.inner)}`;
      case 'quote':
        return this.#blocks(block.inner).replace(/^/gm, '> ');
      case 'list':
        return block.items.map((item, index) => this.#item(item, block.ordered, index)).join('\n');
      case 'code': {
        const code = `${this.#word()} ${CODE[block.pick % CODE.length] ?? ''}\n  **more** [x](y)`;
        // What follows a fence is a language, or the first line of what was pasted.
        const pasted = block.pick % 2 === 0 ? this.#word() : undefined;
        for (const line of [...(pasted === undefined ? [] : [pasted]), ...code.split('\n')]) {
          this.#shown.push({ text: line.trim(), styles: [], fixedWidth: true, heading: false });
        }
        const fence = block.fenced ? '~~~' : '````';
        return `${fence}${pasted ?? 'sh'}\n${code}\n${fence}`;
      }
      case 'table': {
        const [header = [], ...others] = block.rows;
        const excess = Array.from({ length: block.excess }, (): Inline[] => [
          { kind: 'autolink', refused: undefined },
          { kind: 'word', pick: 0 },
        ]);
        const rows = others.map((cells) => this.#row([...cells, ...excess]));
        return [this.#row(header), row(header.map(() => '---')), ...rows].join('\n');
      }
      case 'rule':
        return '***';
      case 'definitions':
        return block.unused.map((each) => this.#definition(each)).join('\n');
    }
  }

  /** One that no link uses is text. Directly after it there may be one that a link uses. */
  #definition({
    label,
    isUrl,
    isUsed,
  }: {
    label: number;
    isUrl: boolean;
    isUsed: boolean;
  }): string {
    const name = `${LABELS[label % LABELS.length] ?? ''}${this.#word()}`;
    const word = isUrl ? this.#bareAddress() : this.#word();
    this.#show(name, NOTHING_AROUND);
    if (!isUrl) this.#show(word, NOTHING_AROUND);
    const used = isUsed ? `\n${this.#usedDefinition()}` : '';
    return `[${name}]: ${word}${used}`;
  }

  /** Without what ends an address in text. */
  #bareAddress(): string {
    const url = `https://example.com/${this.#word()}?b=c&d=e`;
    this.#linked.push(url);
    return url;
  }

  #usedDefinition(): string {
    const name = this.#word();
    const url = this.#address(undefined);
    const text = this.#word();
    this.#show(text, { ...NOTHING_AROUND, url });
    this.#definitions.push(`[${text}][${name}]`);
    return `[${name}]: ${url}`;
  }

  #heading(inner: readonly Inline[]): string {
    const around = { ...NOTHING_AROUND, inHeading: true };
    const word: Inline = { kind: 'word', pick: 0 };
    return this.#inlines([...inner.filter(isOnOneLine), word], around);
  }

  #item(item: readonly Block[], ordered: boolean, index: number): string {
    const marker = ordered ? `${index + 1}. ` : '- ';
    const text = `${this.#plainWord()}\n\n${this.#blocks(item)}`;
    return marker + text.replaceAll('\n', `\n${' '.repeat(marker.length)}`);
  }

  #plainWord(): string {
    const word = this.#word();
    this.#show(word, NOTHING_AROUND);
    return word;
  }

  #row(cells: readonly (readonly Inline[])[]): string {
    return row(cells.map((cell) => this.#inlines(cell, { ...NOTHING_AROUND, inTable: true })));
  }
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function isOnOneLine(inline: Inline): boolean {
  if (inline.kind === 'break') return false;
  return !('inner' in inline) || inline.inner.every(isOnOneLine);
}
