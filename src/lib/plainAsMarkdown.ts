/** Plain text, written as the Markdown that shows the same characters. */

/** All that can have a meaning in Markdown, or in a code of an emoji. */
const PUNCTUATION = /[!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]/g;

/** As the parser of posts finds them. Marks at the end belong to the sentence around it. */
const URL_IN_TEXT = /https?:\/\/[^\s<>"'`]+/g;
const END_OF_SENTENCE = /[).,;:!?\]}*_]+$/;

/**
 * The Markdown whose rendering shows this text as it is: no part of it becomes a heading, a list, emphasis or an emoji. Line
 * breaks stay, and web addresses become links.
 */
export function plainAsMarkdown(text: string): string {
  return inlineAsMarkdown(keepIndents(text));
}

/** The same for a part of a line. */
export function inlineAsMarkdown(text: string): string {
  let markdown = '';
  let at = 0;
  for (const match of text.matchAll(URL_IN_TEXT)) {
    const url = match[0].replace(END_OF_SENTENCE, '');
    markdown += `${escapedMarkdown(text.slice(at, match.index))}<${url}>`;
    at = match.index + url.length;
  }
  return markdown + escapedMarkdown(text.slice(at));
}

/** Spaces at the beginning of a line would make a block of code of it, and are shown all the same. */
export function keepIndents(text: string): string {
  return text.replace(/^[ \t]+/gm, (indent) =>
    '\u00A0'.repeat(indent.replaceAll('\t', '    ').length),
  );
}

/** The same without links, for the label of one. */
export function escapedMarkdown(text: string): string {
  return text.replace(PUNCTUATION, '\\$&');
}
