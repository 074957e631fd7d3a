/**
 * A document as Google Chat's text format: https://developers.google.com/workspace/chat/format-messages. Chat has no escapes.
 * Invisible characters keep what came with the message from being a mention (`<users/all>`), a link or a marker.
 */
import {
  byLink,
  itemMarker,
  RULE,
  textOf,
  unlink,
  type Block,
  type List,
  type Run,
} from '../document/document.js';
import { tableRuns } from '../document/table.js';
import {
  fencedCode,
  plainWords,
  textAtoms,
  withMarkers,
  ZERO_WIDTH_SPACE,
  type Atom,
  type WordWriter,
} from '../document/wordMarkers.js';

const INDENT = '    ';

const WRITER: WordWriter = {
  words: withoutReferences,
  code: withoutReferences,
  line: (line) => (/^\s*(?:>|[*-]\s)/.test(line) ? ZERO_WIDTH_SPACE + line : line),
};

/** Only `<` directly before a word begins a link or a mention. */
function withoutReferences(text: string): string {
  return text.replace(/<(?=\S)/g, `<${ZERO_WIDTH_SPACE}`);
}

/** A line of any text, in bold. */
export function boldChatText(line: string): string {
  return runsToChatText([{ text: line, styles: ['bold'] }]);
}

/** An empty line between blocks. */
export function documentToChatText(blocks: readonly Block[]): string {
  return blocks.map((block) => blockToChatText(block, 0)).join('\n\n');
}

function blockToChatText(block: Block, depth: number): string {
  switch (block.kind) {
    case 'paragraph':
      return runsToChatText(block.runs);
    case 'heading':
      return runsToChatText(block.runs.map(inBold));
    case 'quote':
      return block.blocks
        .map((inner) => blockToChatText(inner, depth))
        .join('\n\n')
        .replace(/^/gm, '> ');
    case 'list':
      return listToChatText(block, depth);
    case 'code':
      return fencedCode(block.text, WRITER);
    case 'table':
      return fencedCode(textOf(unlink(tableRuns(block), () => true)), WRITER);
    case 'rule':
      return RULE;
  }
}

function inBold(run: Run): Run {
  return run.styles.includes('bold') ? run : { ...run, styles: ['bold', ...run.styles] };
}

/** Chat's own bullets have one level only: the marks are text, and inner blocks are set in by spaces. */
function listToChatText({ first, items }: List, depth: number): string {
  return items
    .map((item, index) => {
      const [opening, ...others] = item.map((block) => blockToChatText(block, depth + 1));
      const inner = [opening ?? '', ...others].join('\n').replaceAll('\n', `\n${INDENT}`);
      return `${itemMarker(first, index, depth)} ${inner}`;
    })
    .join('\n');
}

function runsToChatText(runs: readonly Run[]): string {
  return withMarkers(byLink(runs).flatMap(groupAtoms), WRITER);
}

function groupAtoms(group: readonly Run[]): Atom[] {
  const link = group[0]?.link;
  if (link === undefined) return group.flatMap(runAtoms);
  const url = linkTarget(link.url);
  // What would end the label can't be in it.
  if (/[<>|]/.test(textOf(group))) {
    return [
      ...group.map((run) => ({ ...run, link: undefined })).flatMap(runAtoms),
      { kind: 'space', text: ' ', written: ' ', styles: [] },
      { kind: 'word', text: link.url, written: `(<${url}>)`, styles: [] },
    ];
  }
  return group.map((run) => linkAtom(run, url));
}

function runAtoms({ text, styles }: Run): Atom[] {
  return textAtoms(text, styles, WRITER);
}

/** Code in a label would hide the link. */
function linkAtom({ link, styles, text }: Run, url: string): Atom {
  const label = text.replaceAll('\n', ' ');
  return {
    kind: 'word',
    text: label,
    written: label === link?.url ? `<${url}>` : `<${url}|${plainWords(label, WRITER)}>`,
    styles: styles.filter((style) => style !== 'code'),
  };
}

function linkTarget(url: string): string {
  return url.replace(/[<>|]/g, encodeURIComponent);
}
