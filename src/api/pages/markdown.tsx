/** The text of a message as its posts show it. Elements are made of the parsed text, so nothing in it becomes HTML. */
import type { ComponentChildren } from 'preact';
import {
  byLink,
  type Block,
  type Run,
  type Style,
  type Table,
} from '../../destinations/document/document.js';
import { parseDocument } from '../../destinations/document/parseDocument.js';

/** The page has headings of its own. Those of a text are of one level, below them, so that none is left out. */
type Heading = 'h4' | 'h5';

export function Markdown({ heading, text }: { heading: Heading; text: string }) {
  return <Blocks blocks={parseDocument(text)} heading={heading} />;
}

function Blocks({ blocks, heading }: { blocks: readonly Block[]; heading: Heading }) {
  return blocks.map((block) => <OneBlock block={block} heading={heading} />);
}

function OneBlock({ block, heading: Heading }: { block: Block; heading: Heading }) {
  switch (block.kind) {
    case 'paragraph':
      return (
        <p>
          <Runs runs={block.runs} />
        </p>
      );
    case 'heading':
      return (
        <Heading>
          <Runs runs={block.runs} />
        </Heading>
      );
    case 'quote':
      return (
        <blockquote>
          <Blocks blocks={block.blocks} heading={Heading} />
        </blockquote>
      );
    case 'list': {
      const items = block.items.map((blocks) => (
        <li>
          <Blocks blocks={blocks} heading={Heading} />
        </li>
      ));
      return block.first === undefined ? <ul>{items}</ul> : <ol start={block.first}>{items}</ol>;
    }
    case 'code':
      return (
        // It scrolls sideways, also by the keyboard.
        <pre tabIndex={0}>
          <code>{block.text}</code>
        </pre>
      );
    case 'table':
      return <Rows table={block} />;
    case 'rule':
      return <hr />;
  }
}

function Rows({ table: { rows } }: { table: Table }) {
  const [header = [], ...others] = rows;
  return (
    <div class="scrolled" tabIndex={0} role="group" aria-label="Table">
      <table>
        <thead>
          <tr>
            {header.map((cell) => (
              <th scope="col">
                <Runs runs={cell} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {others.map((row) => (
            <tr>
              {row.map((cell) => (
                <td>
                  <Runs runs={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Runs({ runs }: { runs: readonly Run[] }) {
  return byLink(runs).map((group) => {
    const label = group.map(({ styles, text }) => styled(text, styles));
    const url = group[0]?.link?.url;
    if (url === undefined) return label;
    return (
      <a href={url} rel="noopener noreferrer external">
        {label}
      </a>
    );
  });
}

const ELEMENTS = { bold: 'strong', italic: 'em', strike: 's', code: 'code' } as const;

function styled(text: string, styles: readonly Style[]) {
  return styles.reduceRight<ComponentChildren>((inner, style) => {
    const Element = ELEMENTS[style];
    return <Element>{inner}</Element>;
  }, text);
}
