/**
 * A message's text after its Markdown was parsed. Each platform is rendered from this, and never from the Markdown itself:
 * what is text here is text there, whatever it would mean in the platform's own markup.
 */

/** In the order in which a run names its styles. */
export const STYLES = ['bold', 'italic', 'strike', 'code'] as const;
export type Style = (typeof STYLES)[number];

/** Where a link leads. The runs of one link share the object. */
export interface Link {
  /** An address that `mayLinkTo` allows. */
  readonly url: string;
}

/** Text of one style. */
export interface Run {
  /** With `\n` for a line break. Never empty. */
  readonly text: string;
  readonly styles: readonly Style[];
  readonly link?: Link | undefined;
  /** The run is the code of an emoji that Unicode doesn't have, as `party-parrot`; its text is `:party-parrot:`. */
  readonly customEmoji?: string | undefined;
}

export type Block =
  | { readonly kind: 'paragraph'; readonly runs: readonly Run[] }
  /** Level 1 is the highest, 6 the lowest. */
  | { readonly kind: 'heading'; readonly level: number; readonly runs: readonly Run[] }
  | { readonly kind: 'quote'; readonly blocks: readonly Block[] }
  | List
  /** Without an end of line at its end. */
  | { readonly kind: 'code'; readonly text: string }
  | Table
  | { readonly kind: 'rule' };

export interface List {
  readonly kind: 'list';
  /** The number of the first item; undefined for bullets. */
  readonly first: number | undefined;
  readonly items: readonly (readonly Block[])[];
}

export interface Table {
  readonly kind: 'table';
  /** The first is the header. */
  readonly rows: readonly (readonly (readonly Run[])[])[];
}

/** Drawn where a platform has no line of its own. */
export const RULE = '──────────';

const BULLETS = ['•', '◦', '▪'];

/**
 * What stands before an item of a list, as `2.` or `•`. Inner lists have other bullets than outer ones.
 *
 * @param first the number of the first item; undefined for bullets
 */
export function itemMarker(first: number | undefined, index: number, depth: number): string {
  if (first !== undefined) return `${first + index}.`;
  return BULLETS[depth % BULLETS.length] ?? '•';
}

export function plainRun(text: string): Run {
  return { text, styles: [] };
}

/** The text of runs, without their styles and links. */
export function textOf(runs: readonly Run[]): string {
  return runs.map(({ text }) => text).join('');
}

/** Splits runs at line ends, which are dropped. */
export function linesOf(runs: readonly Run[]): Run[][] {
  const lines: Run[][] = [[]];
  for (const run of runs) {
    run.text.split('\n').forEach((text, index) => {
      if (index > 0) lines.push([]);
      if (text !== '') lines.at(-1)?.push({ ...run, text });
    });
  }
  return lines;
}

/** Neighbours that look alike, as one. */
export function joinAlike(runs: readonly Run[]): Run[] {
  const joined: Run[] = [];
  for (const run of runs) {
    const last = joined.at(-1);
    if (last && looksAlike(last, run))
      joined.splice(-1, 1, { ...last, text: last.text + run.text });
    else joined.push(run);
  }
  return joined;
}

function looksAlike(one: Run, other: Run): boolean {
  const isEmoji = one.customEmoji !== undefined || other.customEmoji !== undefined;
  return !isEmoji && one.link === other.link && one.styles.join() === other.styles.join();
}

/** Neighbouring runs of one link; each other run alone. */
export function byLink(runs: readonly Run[]): Run[][] {
  const groups: Run[][] = [];
  for (const run of runs) {
    const last = groups.at(-1);
    if (last && run.link !== undefined && last[0]?.link === run.link) last.push(run);
    else groups.push([run]);
  }
  return groups;
}

/** Links that a platform can't show become their label and, where it differs, their address as text. */
export function unlink(runs: readonly Run[], isTooMuch: (link: Link) => boolean): Run[] {
  return byLink(runs).flatMap((group) => {
    const link = group[0]?.link;
    if (link === undefined || !isTooMuch(link)) return group;
    const label = group.map((run) => ({ ...run, link: undefined }));
    return textOf(group) === link.url ? label : [...label, plainRun(` (${link.url})`)];
  });
}
