/** What each platform declares that its posts can do, as the table of docs/reference/destinations.md. */
import type { Capabilities, Platform } from './destination.js';

const MENTIONED = { users: 'people', groups: 'groups', here: 'here', channel: 'channel' } as const;

const COLUMNS: Record<string, (capabilities: Capabilities) => string> = {
  'found again': ({ search }) => yesOrNo(search),
  'own idempotency': ({ ownIdempotency }) => yesOrNo(ownIdempotency),
  edits: ({ edit }) => yesOrNo(edit),
  threads: ({ thread }) => yesOrNo(thread),
  mentions: ({ mentions }) => mentions.map((kind) => MENTIONED[kind]).join(', ') || 'no',
  'by name': ({ names }) => names.join(', ') || 'no',
  'text in one post': ({ length: { limit, unit } }) =>
    `about ${limit.toLocaleString('en')} ${unit}`,
  'posts for a longer text': ({ length: { posts } }) => (posts === 1 ? '1, shortened' : `${posts}`),
};

/** A row for each platform, or for each of its kinds of places where these differ. */
export function capabilityTable(platforms: readonly Platform[]): string {
  const rows = platforms.flatMap((platform) =>
    Object.entries(platform.kindsOfPlaces ?? { '': undefined }).map(([kind, path]) => [
      `\`${platform.name}\`${kind === '' ? '' : `, ${kind}`}`,
      ...Object.values(COLUMNS).map((cell) => cell(platform.capabilities(undefined, path))),
    ]),
  );
  return markdownTable([['platform', ...Object.keys(COLUMNS)], ...rows]);
}

function yesOrNo(can: boolean): string {
  return can ? 'yes' : 'no';
}

/** As prettier writes it. */
function markdownTable(rows: readonly (readonly string[])[]): string {
  const [header = [], ...body] = rows;
  const widths = header.map((_, column) =>
    Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const ruler = widths.map((width) => '-'.repeat(width));
  return [header, ruler, ...body].map(line).join('\n');
}

const BEGIN = '<!-- Written by `npm run capabilities`. -->';
const END = '<!-- End of what is written. -->';

/** The document with the present table. Throws where it has no place for one. */
export function withCapabilityTable(document: string, platforms: readonly Platform[]): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`The document must have ${BEGIN} and then ${END}.`);
  const before = document.slice(0, begin + BEGIN.length);
  return `${before}\n\n${capabilityTable(platforms)}\n\n${document.slice(end)}`;
}
