/** The lines of a post that name a fact each. */
import { closeOpenCode } from '../destinations/document/openCode.js';
import { plainAsMarkdown } from '../lib/plainAsMarkdown.js';
import { webAddress } from './event.js';

/** `**Name:** value`, a line each; those without a value are left out. Values are Markdown. */
export function facts(values: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(values)
    .flatMap(([name, value]) => (value ? [`**${name}:** ${value}`] : []))
    .join('\n');
}

/** Paragraphs, without those that are empty. Code of a sender that has no end doesn't take in the next one. */
export function paragraphs(...texts: readonly (string | undefined)[]): string {
  return texts
    .flatMap((text) => (text === undefined || text.trim() === '' ? [] : [text]))
    .map((text, index, { length }) => (index < length - 1 ? closeOpenCode(text) : text))
    .join('\n\n');
}

export function plain(text: string | undefined): string | undefined {
  return text === undefined ? undefined : plainAsMarkdown(text);
}

/** Plain text, linked where the address is one. */
export function linked(text: string | undefined, url: unknown): string | undefined {
  const address = webAddress(url);
  const shown = plain(text);
  if (shown === undefined || address === undefined) return shown;
  return `[${shown.replaceAll(/<|>/g, '')}](<${address.replaceAll(/[<>]/g, encodeURIComponent)}>)`;
}

/** The link alone: undefined where the address is none. */
export function linkTo(text: string, url: unknown): string | undefined {
  return webAddress(url) === undefined ? undefined : linked(text, url);
}
