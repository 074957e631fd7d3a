/** A document as HTML of the elements that Teams keeps. */
import {
  byLink,
  STYLES,
  type Block,
  type List,
  type Run,
  type Style,
  type Table,
} from '../document/document.js';

/** Text as HTML that shows it, between tags or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Teams has three sizes of heading. The largest is for the message's own heading. */
const LOWEST_HEADING = 3;

/** A line for each block. */
export function documentToHtml(blocks: readonly Block[]): string {
  return blocks.map(blockToHtml).join('\n');
}

function blockToHtml(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return `<p>${runsToHtml(block.runs)}</p>`;
    case 'heading': {
      const tag = `h${Math.min(block.level + 1, LOWEST_HEADING)}`;
      return `<${tag}>${runsToHtml(block.runs)}</${tag}>`;
    }
    case 'quote':
      return `<blockquote>\n${documentToHtml(block.blocks)}\n</blockquote>`;
    case 'list':
      return listToHtml(block);
    case 'code':
      return `<pre><code>${escapeHtml(block.text)}\n</code></pre>`;
    case 'table':
      return tableToHtml(block);
    case 'rule':
      return '<hr>';
  }
}

function listToHtml({ first, items }: List): string {
  const [tag, start] =
    first === undefined ? ['ul', ''] : ['ol', first === 1 ? '' : ` start="${first}"`];
  const lines = items.map((item) => `<li>${itemToHtml(item)}</li>`);
  return `<${tag}${start}>\n${lines.join('\n')}\n</${tag}>`;
}

/** Text that begins an item stays on its line; a paragraph would be set apart from its number. */
function itemToHtml([first, ...others]: readonly Block[]): string {
  if (first === undefined) return '';
  const text = first.kind === 'paragraph' ? runsToHtml(first.runs) : blockToHtml(first);
  return [text, ...others.map(blockToHtml)].join('\n');
}

function tableToHtml({ rows: [header = [], ...rows] }: Table): string {
  const lines = [
    `<thead>\n${rowToHtml(header, 'th')}\n</thead>`,
    ...(rows.length === 0
      ? []
      : [`<tbody>\n${rows.map((row) => rowToHtml(row, 'td')).join('\n')}\n</tbody>`]),
  ];
  return `<table>\n${lines.join('\n')}\n</table>`;
}

function rowToHtml(row: Table['rows'][number], tag: 'th' | 'td'): string {
  return `<tr>${row.map((cell) => `<${tag}>${runsToHtml(cell)}</${tag}>`).join('')}</tr>`;
}

function runsToHtml(runs: readonly Run[]): string {
  return byLink(runs)
    .map((group) => {
      const link = group[0]?.link;
      const label = styledToHtml(group);
      return link === undefined ? label : linkToHtml(link.url, label);
    })
    .join('');
}

/** @param labelHtml the label, escaped */
export function linkToHtml(url: string, labelHtml: string): string {
  return `<a href="${escapeHtml(url)}">${labelHtml}</a>`;
}

const TAGS: Record<Style, string> = { bold: 'strong', italic: 'em', strike: 's', code: 'code' };

/** Runs beside each other that have a style in common share its element. */
function styledToHtml(runs: readonly Run[], outer: readonly Style[] = []): string {
  let html = '';
  let index = 0;
  while (index < runs.length) {
    const from = index;
    const style = STYLES.find((each) => runs[from]?.styles.includes(each) && !outer.includes(each));
    if (style === undefined) {
      html += escapeHtml(runs[index]?.text ?? '').replaceAll('\n', '<br>\n');
      index += 1;
      continue;
    }
    while (runs[index]?.styles.includes(style)) index += 1;
    const inner = styledToHtml(runs.slice(from, index), [...outer, style]);
    html += `<${TAGS[style]}>${inner}</${TAGS[style]}>`;
  }
  return html;
}
