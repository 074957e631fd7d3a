/** The lines of a post that name a fact each. */
import { closeOpenCode } from '../destinations/document/openCode.js';
import { shortenText } from '../lib/cutText.js';
import { mayLinkTo } from '../lib/linkTargets.js';
import { escapedMarkdown, plainAsMarkdown } from '../lib/plainAsMarkdown.js';
import { bold } from './styledMarkdown.js';

/** `**Name:** value`, a line each; those without a value are left out. Values are Markdown. */
export function facts(values: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(values)
    .flatMap(([name, value]) => (value ? [`${bold(`${name}:`)} ${value}`] : []))
    .join('\n');
}

/** `**Name** value` of Markdown, of which either may be absent. */
export function fact(name: string | undefined, value: string | undefined): string {
  return [bold(name ?? ''), value ?? ''].filter((part) => part !== '').join(' ');
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

/** Plain text, linked where there is an address. */
export function linked(text: string | undefined, url: unknown): string | undefined {
  if (text === undefined || addressIn(url) === undefined) return plain(text);
  return linkAround(escapedMarkdown(text.replaceAll(/\s+/g, ' ').trim()), url);
}

/** The link alone: undefined where there is no address. */
export function linkTo(text: string, url: unknown): string | undefined {
  return addressIn(url) === undefined ? undefined : linked(text, url);
}

/** A link of a post: its words and where it leads. */
export type Link = readonly [words: string | undefined, url: unknown];

/** As `Graph · Runbook`. Empty where none has an address. */
export function linksLine(links: readonly Link[]): string {
  return links.flatMap(([words, url]) => linkTo(words ?? 'Open', url) ?? []).join(' · ');
}

/** Enough to recognise an address that nobody can open from here. */
const LONGEST_SHOWN = 100;

/** Markdown of one line, linked. An address that may not be a link follows it as text. */
export function linkAround(label: string, url: unknown): string {
  const address = addressIn(url);
  if (address === undefined) return label;
  if (mayLinkTo(address)) {
    return `[${label}](<${address.replaceAll(/[<>]/g, encodeURIComponent)}>)`;
  }
  const shown = escapedMarkdown(shortenText(address.replaceAll(/\s+/g, ' '), LONGEST_SHOWN));
  return label === shown ? label : `${label} (${shown})`;
}

/** What leads somewhere. An image within its own address doesn't, nor does a place in the page that had the link. */
function addressIn(url: unknown): string | undefined {
  if (typeof url !== 'string') return undefined;
  const address = url.trim();
  return address === '' || /^(?:data:|#)/i.test(address) ? undefined : address;
}
