/** Discord's Markdown: https://support.discord.com/hc/articles/210298617 and https://docs.discord.com/developers/reference#message-formatting */
import { DRAWN_RULE, type MarkdownDialect } from '../document/markdownText.js';
import { ZERO_WIDTH_SPACE } from '../document/wordMarkers.js';

/** In a message's `content` Discord reads these before any escape. */
const MENTION = /@(?=everyone|here|[!&]?\d)/gi;

const MARKUP = /[\\*_~`|[\]<]/g;

const EMOJI_CODE = /:(?=[\w+-]+:)/g;

const SCHEME = /(https?|discord):(?=\/\/)/gi;

function discordWords(text: string): string {
  return text
    .replace(MARKUP, String.raw`\$&`)
    .replace(EMOJI_CODE, String.raw`\:`)
    .replace(SCHEME, String.raw`$1\:`)
    .replace(MENTION, `@${ZERO_WIDTH_SPACE}`);
}

/**
 * A label that looks like an address, or has brackets, makes Discord show the link as it is written: the address then follows its
 * label.
 */
function discordLink({ label, url, words }: { label: string; url: string; words: string }): string {
  if (!/^https?:/i.test(url)) {
    return label === url ? words : `${words} (${discordWords(url)})`;
  }
  if (label === url) return `<${encoded(url)}>`;
  const isNoLabel = /[[\]]|:\/\/|www\.|discord\.gg/i.test(label);
  return isNoLabel ? `${words} (<${encoded(url)}>)` : `[${words}](${encoded(url)})`;
}

/** What would end the address. */
function encoded(url: string): string {
  return url.replace(/[()<>\s[\]]/g, (character) =>
    character === '(' ? '%28' : character === ')' ? '%29' : encodeURIComponent(character),
  );
}

export const DISCORD_MARKDOWN: MarkdownDialect = {
  words: discordWords,
  link: discordLink,
  headingLevels: 3,
  nestedQuotes: false,
  blocksInLists: false,
  tables: false,
  rule: DRAWN_RULE,
  customEmoji: false,
};
