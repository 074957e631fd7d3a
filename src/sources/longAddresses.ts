/** Links whose addresses are so long that they would take the space of what follows them: posts have limits, of which addresses are a part. */
import { inCode } from '../lib/markdownCode.js';

/** Slack shows a longer one as text, and Discord has 4,096 characters for all of a text. */
const LONGEST_IN_PLACE = 2_000;

/** In all. Few servers take a longer one: nginx and Apache refuse more than 8 KiB. */
const LONGEST_BELOW = 8_000;

/** Of an address for which there is no space. */
const LONGEST_BEGINNING = 200;

/** An escape, code, or a link as sources write it. */
const LINKS = /\\.|`[^`]*`|\[((?:\\.|[^[\]\\])*)\]\(<([^<>\s]+)>\)/gs;

/** The same Markdown with these addresses below it, numbered, each once. */
export function longAddressesBelow(markdown: string): string {
  const labels = new Map<string, string>();
  const text = markdown.replaceAll(LINKS, (whole, label?: string, address?: string) => {
    if (label === undefined || address === undefined) return whole;
    if (address.length <= LONGEST_IN_PLACE) return whole;
    if (!labels.has(address)) labels.set(address, label);
    return `${label} ${numbered([...labels.keys()].indexOf(address))}`;
  });
  let left = LONGEST_BELOW;
  const lines = [...labels].map(([address, label], index) => {
    const fits = address.length <= left;
    if (fits) left -= address.length;
    const shown = fits
      ? `[${label}](<${address}>)`
      : inCode(`${address.slice(0, LONGEST_BEGINNING)}…`);
    return `${numbered(index)} ${shown}`;
  });
  return lines.length === 0 ? text : `${text}\n\n${lines.join('\n')}`;
}

function numbered(index: number): string {
  return String.raw`\[${index + 1}\]`;
}
