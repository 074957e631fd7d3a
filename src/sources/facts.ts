/** The lines of a post that name a fact each. */
import { plainAsMarkdown } from '../lib/plainAsMarkdown.js';
import { webAddress } from './event.js';

/** `**Name:** value`, a line each; those without a value are left out. Values are Markdown. */
export function facts(values: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(values)
    .flatMap(([name, value]) => (value ? [`**${name}:** ${value}`] : []))
    .join('\n');
}

/** Paragraphs, without those that are empty. */
export function paragraphs(...texts: readonly (string | undefined)[]): string {
  return texts.filter((text) => text !== undefined && text.trim() !== '').join('\n\n');
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
