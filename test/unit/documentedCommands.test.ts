/** The commands that the documents name exist, with the options that they are given there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { presetsHtml } from '../../src/sandbox/page/faultForms.js';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'examples/README.md'],
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.startsWith('decisions'))
    .map((name) => `docs/${name}`),
];

/** What each command prints for `--help`, by its name; `npm run reference` writes it from the code. */
const HELP = new Map(
  read('docs/reference/cli.md')
    .split(/^### sendproof ?/m)
    .slice(1)
    .map((section) => {
      const [name = '', ...help] = section.split('\n');
      return [name, help.join('\n').split('```')[1] ?? ''] as const;
    }),
);

/** By itself, by npx or in a container. */
const COMMAND = /^(?:[A-Z_]+=\S+ )*(?:npx |docker compose (?:exec|run) .*?)?sendproof ([a-z-].*)$/;

/** Of the lines of blocks for the shell and of what is written as code within sentences, what follows `sendproof`. */
function commandsOf(text: string): string[] {
  const blocks = [...text.matchAll(/^ *```(?:sh|bash)\n([\s\S]*?)^ *```$/gm)];
  const lines = blocks.flatMap(([, block = '']) => block.replaceAll('\\\n', ' ').split('\n'));
  const spans = text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '').matchAll(/`([^`\n]+)`/g);
  return [...lines, ...[...spans].map(([, span = '']) => span)].flatMap((line) => {
    const withoutValues = line.replaceAll(/'[^']*'|"[^"]*"/g, 'value').replace(/ -- .*/, '');
    return withoutValues.split(/[|&;>#]/).flatMap((part) => {
      const [, command] = COMMAND.exec(part.trim()) ?? [];
      return command === undefined ? [] : [command.replaceAll(/\s+/g, ' ')];
    });
  });
}

/** What is wrong with the words after `sendproof`; undefined if nothing is. */
function faultOf(command: string): string | undefined {
  const words = command.split(' ');
  const path = [...words];
  while (path.length > 0 && !HELP.has(path.join(' '))) path.pop();
  const help = HELP.get(path.join(' '));
  if (help === undefined || path.length === 0) return `${command}: there is no such command`;
  if (help.includes('\nCommands:\n') && /^[a-z]/.test(words[path.length] ?? '')) {
    return `${command}: there is no such command`;
  }
  const options = words.filter((word) => word.startsWith('--')).map((word) => word.split('=')[0]);
  const known = new Set(`${help} --help`.match(/--[a-z-]+/g));
  const unknown = options.filter((option = '') => !known.has(option));
  return unknown.length === 0 ? undefined : `${command}: there is no ${unknown.join(', ')}`;
}

const faultsIn = (text: string): string[] =>
  commandsOf(text).flatMap((each) => faultOf(each) ?? []);

describe('the commands in', () => {
  it.each(PAGES)('%s exist, with their options', (page) => {
    expect(faultsIn(read(page))).toEqual([]);
  });

  it('are found wrong: a command, a command below another one, an option, also after a line break', () => {
    const text =
      '`npx sendproof resend x`\n\n```sh\nsendproof sources fetch a\nnpx sendproof send a \\\n  --txt b | jq # --no\n```\n';
    expect(faultsIn(text)).toEqual([
      'sources fetch a: there is no such command',
      'send a --txt b: there is no --txt',
      'resend x: there is no such command',
    ]);
  });
});

it('the buttons that the tutorial names are on the page of the sandbox', () => {
  const [, ofSlack = ''] = presetsHtml().split('<legend>Slack</legend>');
  const labels = [...read('docs/tutorial/break-and-fix.md').matchAll(/press \*\*([^*]+)\*\*/gi)];
  expect(labels).toHaveLength(2);
  for (const [, label = ''] of labels) expect(ofSlack).toContain(`>${label}</button>`);
});
