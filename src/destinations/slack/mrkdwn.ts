/**
 * Markdown as Slack's own markup, mrkdwn: https://docs.slack.dev/messaging/formatting-message-text. Every character that
 * came with the message is escaped, so that no content can mention `<!channel>`, a person, or anything else.
 */
import { childBlocks, markdownParser, type Token } from '../markdown.js';
import { own } from '../../lib/own.js';

/** A part of the message that should stay in one section. */
export interface MrkdwnPart {
  kind: 'text' | 'code';
  /** `code`: without its fence. */
  text: string;
}

/** A longer link is written as text: a section has to contain a link completely. */
export const MAXIMUM_LINK_LENGTH = 2_000;

/** Slack formats only at word boundaries. This makes an invisible one inside a word. */
const ZERO_WIDTH_SPACE = '\u200B';

const RULE = '──────────';
const BULLETS = ['•', '◦', '▪'];
const INDENT = '    ';

const parser = markdownParser();

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The text's grapheme clusters: what a reader sees as one character. */
export function characters(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Escapes the three characters that Slack requires to be escaped, and no others. */
export function escapeMrkdwn(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/** A link; where Slack would not accept it as a link, its label and URL as text. */
export function mrkdwnLink(url: string, text: string): string {
  const label = text.replaceAll('\n', ' ');
  const target = escapeMrkdwn(url).replaceAll('|', '%7C');
  const link = label === '' || label === target ? `<${target}>` : `<${target}|${label}>`;
  if (/^(?:https?|mailto|tel):/i.test(url) && link.length <= MAXIMUM_LINK_LENGTH) return link;
  return label === '' || label === target ? target : `${label} (${target})`;
}

/** The message's blocks in order. Joined by blank lines they are the whole message. */
export function markdownToMrkdwn(markdown: string): MrkdwnPart[] {
  return childBlocks(parser.parse(markdown, {})).flatMap((block): MrkdwnPart[] => {
    const opening = block[0];
    if (opening?.type === 'fence' || opening?.type === 'code_block') {
      return [{ kind: 'code', text: codeText(opening) }];
    }
    if (opening?.type === 'table_open') return [{ kind: 'code', text: tableText(block) }];
    const text = blockText(block, 0);
    return text === '' ? [] : [{ kind: 'text', text }];
  });
}

/** Fences code. Runs of backticks inside are broken up invisibly, since Slack has no longer fence. */
export function fenced(code: string): string {
  return `\`\`\`\n${code}\n\`\`\``;
}

const attribute = (token: Token, name: string): string => String(token.attrGet(name) ?? '');

const innerTokens = (block: readonly Token[]): readonly Token[] => block.slice(1, -1);

function blockText(block: readonly Token[], listDepth: number): string {
  const opening = block[0];
  switch (opening?.type) {
    case 'heading_open': {
      const text = inlineText(innerTokens(block), { bold: false });
      return text === '' ? '' : `*${text}*`;
    }
    case 'blockquote_open':
      return blocksText(innerTokens(block), listDepth)
        .split('\n')
        .map((line) => `> ${line}`)
        .join('\n');
    case 'bullet_list_open':
    case 'ordered_list_open':
      return listText(block, listDepth);
    case 'fence':
    case 'code_block':
      return fenced(codeText(opening));
    case 'table_open':
      return fenced(tableText(block));
    case 'hr':
      return RULE;
    default:
      return inlineText(block);
  }
}

function blocksText(tokens: readonly Token[], listDepth: number): string {
  return childBlocks(tokens)
    .map((block) => blockText(block, listDepth))
    .filter((text) => text !== '')
    .join('\n');
}

function listText(list: readonly Token[], depth: number): string {
  const ordered = list[0]?.type === 'ordered_list_open';
  const first = Number(list[0]?.attrGet('start') ?? 1);
  return childBlocks(innerTokens(list))
    .map((item, index) => {
      const marker = ordered ? `${first + index}.` : (BULLETS[depth] ?? BULLETS.at(-1));
      return `${marker} ${blocksText(innerTokens(item), depth + 1).replaceAll('\n', `\n${INDENT}`)}`;
    })
    .join('\n');
}

function codeText(token: Token): string {
  return breakFences(escapeMrkdwn(token.content.replace(/\n$/, '')));
}

const breakFences = (text: string): string =>
  text.replaceAll('```', `\`${ZERO_WIDTH_SPACE}\`${ZERO_WIDTH_SPACE}\``);

/** Slack's mrkdwn has no tables: a table becomes text of fixed width. */
function tableText(table: readonly Token[]): string {
  const rows: string[][] = [];
  for (const token of table) {
    if (token.type === 'tr_open') rows.push([]);
    if (token.type === 'inline') rows.at(-1)?.push(plainText(token).replaceAll('\n', ' '));
  }
  const widths = rows[0]?.map((_, column) =>
    Math.max(...rows.map((row) => characters(row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell + ' '.repeat((widths?.[column] ?? 0) - characters(cell).length))
        .join(' | ')
        .trimEnd(),
    )
    .map((line) => breakFences(escapeMrkdwn(line)))
    .join('\n');
}

function plainText({ children }: Token): string {
  return (children ?? [])
    .map((token) =>
      token.type === 'softbreak' || token.type === 'hardbreak' ? '\n' : token.content,
    )
    .join('');
}

const MARKERS: Partial<Record<string, string>> = { strong: '*', em: '_', s: '~' };

/** @param bold false inside bold text, since Slack doesn't nest it */
function inlineText(block: readonly Token[], { bold } = { bold: true }): string {
  return block
    .filter(({ type }) => type === 'inline')
    .map(({ children }) => renderInline(children ?? [], bold))
    .join('\n');
}

function renderInline(tokens: readonly Token[], bold: boolean): string {
  let text = '';
  /** Links' targets and where their labels begin. */
  const links: { url: string; start: number }[] = [];
  let afterClosingMarker = false;
  const append = (more: string): void => {
    if (afterClosingMarker && /^[\p{L}\p{N}]/u.test(more)) text += ZERO_WIDTH_SPACE;
    text += more;
    afterClosingMarker = false;
  };
  for (const token of tokens) {
    const marker = own(MARKERS, token.tag);
    if (marker !== undefined && token.nesting !== 0) {
      if (marker === '*' && !bold) continue;
      if (token.nesting === 1 && /[\p{L}\p{N}]$/u.test(text)) text += ZERO_WIDTH_SPACE;
      text += marker;
      afterClosingMarker = token.nesting === -1;
      continue;
    }
    switch (token.type) {
      case 'code_inline':
        append(`\`${escapeMrkdwn(token.content)}\``);
        break;
      case 'softbreak':
      case 'hardbreak':
        append('\n');
        break;
      case 'link_open':
        links.push({ url: attribute(token, 'href'), start: text.length });
        break;
      case 'link_close': {
        const link = links.pop();
        if (link) text = text.slice(0, link.start) + mrkdwnLink(link.url, text.slice(link.start));
        break;
      }
      case 'image':
        append(
          links.length > 0
            ? escapeMrkdwn(token.content)
            : mrkdwnLink(attribute(token, 'src'), escapeMrkdwn(token.content)),
        );
        break;
      default:
        append(escapeMrkdwn(token.content));
    }
  }
  return text;
}
