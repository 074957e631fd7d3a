/** What each platform declares that its posts can do, as a table. */
import type { Capabilities, Platform } from '../../src/destinations/destination.js';
import { markdownTable } from './markdown.js';

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
