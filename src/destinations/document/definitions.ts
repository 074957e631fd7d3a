/** Definitions of links, as `[docs]: https://example.com`. Markdown shows none of them, and alerts look like them: `[FIRING]: Latency`. */
import type { Env, MarkdownIt, Token } from 'markdown-it';

/** Each time fewer are used, as where the text of one begins code in which another was used. */
const TRIES = 3;

/** The tokens of the text. A definition that no link or image uses is text, and so is the second one of a label. */
export function parseWithDefinitions(parser: MarkdownIt, markdown: string): Token[] {
  const environment: Env = {};
  const tokens = parser.parse(markdown, environment);
  const definitions = tokens.filter(({ type }) => type === 'reference_definition');
  let used = labelsUsed(tokens);
  if (definitions.every(isFirstOf(used))) return tokens;
  for (let tried = 0; tried < TRIES; tried += 1) {
    const references = Object.fromEntries(
      Object.entries(environment.references ?? {}).filter(([label]) => used.has(label)),
    );
    const shown = parser.parse(showUnused(markdown, definitions, used), { references });
    const stillUsed = labelsUsed(shown);
    if ([...used].every((label) => stillUsed.has(label))) return shown;
    used = stillUsed;
  }
  return parser.parse(showUnused(markdown, definitions, new Set()), {});
}

const labelOf = ({ meta }: Token): string | undefined =>
  typeof meta?.label === 'string' ? meta.label : undefined;

function labelsUsed(tokens: readonly Token[]): Set<string> {
  const labels = new Set<string>();
  const read = (token: Token): void => {
    const label = labelOf(token);
    if (token.type !== 'reference_definition' && label !== undefined) labels.add(label);
    token.children?.forEach(read);
  };
  tokens.forEach(read);
  return labels;
}

/** Whether a definition is the one that links with its label lead by. Asked in the order of the text. */
function isFirstOf(used: ReadonlySet<string>): (definition: Token) => boolean {
  const left = new Set(used);
  return (definition) => left.delete(labelOf(definition) ?? '');
}

/** A definition's line within quotes and lists. Where it begins an item of a list, the item's mark is before it. */
const BEFORE_LATER_LINE = /^[\s>]*/;
const IS_LATER_LINE = /^[\s>]*\[/;

/**
 * The text with unused definitions escaped. Used ones are taken out: after a line that is text they would be text too, while
 * one that begins an item of a list does no harm there.
 */
function showUnused(
  markdown: string,
  definitions: readonly Token[],
  used: ReadonlySet<string>,
): string {
  // As the parser counts them.
  const lines = markdown.split(/\r\n?|\n/);
  const isUsed = isFirstOf(used);
  for (const definition of definitions) {
    const [from, to] = definition.map ?? [0, 0];
    const line = lines[from] ?? '';
    if (!isUsed(definition)) {
      lines[from] = line.replace('[', String.raw`\[`);
    } else if (IS_LATER_LINE.test(line)) {
      for (let index = from; index < to; index += 1) {
        lines[index] = BEFORE_LATER_LINE.exec(lines[index] ?? '')?.[0] ?? '';
      }
    }
  }
  return lines.join('\n');
}
