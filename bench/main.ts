/** `npm run bench`: measures, and prints the figures as a table or as JSON. */
import { writeFile } from 'node:fs/promises';
import { Argument, Command, InvalidArgumentError } from 'commander';
import { pino } from 'pino';
import { readVariables } from '../src/lib/environment.js';
import { levelOf } from '../src/lib/log.js';
import { runMain } from '../src/lib/process.js';
import { growth } from './growth.js';
import { least } from './least.js';
import { memory } from './memory.js';
import { overhead } from './overhead.js';
import { pacing } from './pacing.js';
import { retries } from './retries.js';
import type { Scenario } from './scenario.js';
import { storm } from './storm.js';

const SCENARIOS: readonly Scenario[] = [overhead, least, pacing, storm, memory, retries, growth];

interface Options {
  quick: boolean;
  messages?: number;
  share?: number;
  json?: string;
  svg?: string;
}

/** Logs to standard error: standard output is for the figures. */
const log = pino({ name: 'bench', level: levelOf(process.env) }, process.stderr);

const program = new Command('npm run bench --')
  .description('Measures sendproof on this machine.')
  .addArgument(
    new Argument(
      '[scenario]',
      SCENARIOS.map(({ name, summary }) => `${name}: ${summary}`).join('; '),
    )
      .choices(SCENARIOS.map(({ name }) => name))
      .default(overhead.name),
  )
  .option('--quick', 'fewer messages: for a quick check, not for figures to publish', false)
  .option('--messages <count>', 'how many are retried, in the scenario retries', countOf)
  .option(
    '--share <processors>',
    'how much of one processor each worker gets, in the scenario retries',
    shareOf,
  )
  .option(
    '--json <file>',
    'write the figures as JSON; "-": to standard output instead of the table',
  )
  .option('--svg <file>', 'write the chart as SVG, where the scenario has one')
  .action(run);

await runMain(log, async () => {
  readVariables(process.env);
  await program.parseAsync();
});

function countOf(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new InvalidArgumentError('It is a number from 1 to 999999.');
  return Number(text);
}

function shareOf(text: string): number {
  if (!/^(?:1|0\.\d*[1-9]\d*)$/.test(text)) {
    throw new InvalidArgumentError('It is a number above 0 and up to 1, as 0.2.');
  }
  return Number(text);
}

async function run(name: string, { quick, messages, share, json, svg }: Options): Promise<void> {
  const scenario = SCENARIOS.find((each) => each.name === name) ?? overhead;
  for (const [option, value] of Object.entries({ messages, share })) {
    if (value === undefined || scenario === retries) continue;
    program.error(`error: --${option} is for the scenario retries only`);
  }
  const progress = (line: string): void => void process.stderr.write(`${line} …\n`);
  const { figures, table, chart } = await scenario.run({ quick, messages, share, progress, log });
  const document = `${JSON.stringify({ scenario: scenario.name, quick, ...figures }, undefined, 2)}\n`;
  if (json === '-') process.stdout.write(document);
  else process.stdout.write(`\n${table}\n`);
  if (json !== undefined && json !== '-') await writeFile(json, document);
  if (svg !== undefined && chart !== undefined) await writeFile(svg, chart);
}
