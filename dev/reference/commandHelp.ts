/** What `--help` prints for each command, as sections of a document. */
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCli } from '../../src/cli/program.js';

/** A section for each command and each command below it. */
export async function commandHelp(): Promise<string> {
  return (await sectionsOf([])).join('\n\n');
}

async function sectionsOf(command: readonly string[]): Promise<string[]> {
  const help = await helpOf(command);
  const name = ['sendproof', ...command].join(' ');
  const below: string[] = [];
  for (const each of commandsIn(help)) below.push(...(await sectionsOf([...command, each])));
  return [`### ${name}\n\n\`\`\`text\n${help.trim()}\n\`\`\``, ...below];
}

function commandsIn(help: string): string[] {
  const listed = help.split('\nCommands:\n')[1]?.split('\n\n')[0] ?? '';
  return [...listed.matchAll(/^ {2}([a-z-]+)(?= )/gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'help');
}

/** Its standard output is no terminal, so lines end at 80 characters. */
async function helpOf(command: readonly string[]): Promise<string> {
  const stdout = new PassThrough();
  await runCli([...command, '--help'], {
    environment: {},
    stdin: Readable.from([]),
    stdout,
    stderr: new PassThrough(),
  });
  stdout.end();
  return await text(stdout);
}
