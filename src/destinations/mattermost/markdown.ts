/**
 * Mattermost's Markdown: https://docs.mattermost.com/collaborate/format-messages.html. Its server and its clients look for mentions,
 * hashtags, channels, emoji and smileys in the text itself, whatever is escaped in it: an invisible character breaks these up.
 */
import type { MarkdownDialect } from '../document/markdownText.js';
import { ZERO_WIDTH_SPACE } from '../document/wordMarkers.js';

/** What something of Mattermost's own begins with, each directly before what makes it one. */
const BEGINNINGS = [
  // A mention, an e-mail address.
  /@(?=[\p{L}\p{N}_])/gu,
  // What is before the sign of an e-mail address, where signs such as # are letters. An invisible character after the sign could
  // be one of the domain.
  /(?<=\S)(?=@)/g,
  // A hashtag.
  /#(?=[\p{L}\p{N}_])/gu,
  // A channel.
  /~(?=[\p{L}\p{N}_])/gu,
  // An emoji, or an address.
  /:(?=[\w+-]+:|\/\/)/g,
  // A smiley.
  /(?<!\w)[:;](?=['’]?-?[()[\]dopsx@$|/\\])/gi,
  /\bx(?=-d\b)/gi,
  // An address without a scheme.
  /\bwww(?=\.)/gi,
  // An element, an address, a Slack mention, a heart.
  /<(?=\S)/g,
  // An entity.
  /&(?=#?\w+;)/g,
];

const MARKUP = /[\\`*_~[\]$]/g;

function mattermostWords(text: string): string {
  return BEGINNINGS.reduce(
    (words, beginning) => words.replace(beginning, `$&${ZERO_WIDTH_SPACE}`),
    text,
  ).replace(MARKUP, String.raw`\$&`);
}

/** A label with brackets would end at the wrong one: the address then follows it. */
function mattermostLink({
  label,
  url,
  words,
}: {
  label: string;
  url: string;
  words: string;
}): string {
  if (label === url) return `<${encoded(url)}>`;
  return /[[\]]/.test(label) ? `${words} (<${encoded(url)}>)` : `[${words}](${encoded(url)})`;
}

/** What would end the address, or the cell of a table. */
function encoded(url: string): string {
  return url.replace(
    /[()<>\s[\]|\\`*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

export const MATTERMOST_MARKDOWN: MarkdownDialect = {
  words: mattermostWords,
  link: mattermostLink,
  headingLevels: 6,
  nestedQuotes: true,
  blocksInLists: true,
  tables: true,
  rule: '***',
  customEmoji: true,
};
