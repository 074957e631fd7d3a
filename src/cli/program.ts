/**
 * The command line: commands, their options, and what becomes of their errors. It loads a command's code when that runs,
 * since `--help` has to be there at once.
 */
import { createRequire } from 'node:module';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import ms from 'ms';
import { MESSAGE_STATUSES, FAILURE_REASONS, type OnAmbiguous } from '../domain/delivery.js';
import type { Content } from '../domain/message.js';
import { ApiClient, locateApi } from './apiClient.js';
import type { CommandContext, Surroundings } from './command.js';
import type { DecideAllOptions } from './decideAll.js';
import type { DeadLettersOptions } from './deadLetters.js';
import type { DeadLetterSummaryOptions } from './deadLetterSummary.js';
import type { CancelOptions, DiscardOptions, RetryOptions } from './decide.js';
import { CommandError } from './errors.js';
import { ExitCode } from './exitCode.js';
import type { ListOptions } from './list.js';
import { Output } from './output.js';
import type { SendOptions } from './send.js';
import type { StatusOptions } from './status.js';

const SEVERITIES = ['critical', 'error', 'warning', 'info', 'ok'] as const satisfies NonNullable<
  Content['severity']
>[];
const ON_AMBIGUOUS = ['resend', 'dead_letter'] as const satisfies OnAmbiguous[];

/** Long enough for a retry or two, short enough for a script. */
const SEND_TIMEOUT = '5m';

const DESTINATION_HELP = 'as slack:<account>/<channel id>, teams:<account>/<team id>/<channel id>';

/** Runs one command line, without the program's name, and resolves with the exit code. */
export async function runCli(args: string[], surroundings: Surroundings): Promise<ExitCode> {
  const invocation: Invocation = { surroundings, exitCode: ExitCode.done };
  const program = createProgram(invocation);
  try {
    await program.parseAsync(args, { from: 'user' });
    return invocation.exitCode;
  } catch (error) {
    // Help and the version come this way too, with exit code 0.
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
    }
    if (error instanceof CommandError) {
      new Output(surroundings, program.opts<GlobalOptions>().json === true).error(error);
      return error.exitCode;
    }
    throw error;
  }
}

interface GlobalOptions {
  json?: true;
  apiUrl?: string;
}

interface Invocation {
  surroundings: Surroundings;
  exitCode: ExitCode;
}

function createProgram(invocation: Invocation): Command {
  const { stdout, stderr } = invocation.surroundings;
  const program = new Command('sendproof')
    .description(
      'Reliable messaging automation for enterprise chat: send, follow and mend messages.',
    )
    .version(productVersion())
    .option('--json', 'print one JSON document on standard output')
    .option(
      '--api-url <url>',
      'the API (default: $SENDPROOF_URL, else http://127.0.0.1:$PORT, PORT being 3000)',
    )
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
    })
    .showHelpAfterError('(--help shows how to write it)')
    .exitOverride()
    .addHelpText('after', EXIT_CODES);
  addSend(program, invocation);
  addStatus(program, invocation);
  addTimeline(program, invocation);
  addList(program, invocation);
  addDeadLetters(program, invocation);
  addRetry(program, invocation);
  addDiscard(program, invocation);
  addCancel(program, invocation);
  addDoctor(program, invocation);
  addSignIn(program, invocation);
  return program;
}

const EXIT_CODES = `
Exit codes:
  0  done
  1  the API refused, or it could not be done; doctor: something is broken
  2  the command line is not right
  3  the API was not reached
  4  --wait, --watch: dead-lettered, discarded, expired or cancelled
  5  --wait, --watch: still being delivered when the time was up

The key to the API is $SENDPROOF_API_KEY, else the first of $SENDPROOF_API_KEYS.`;

function addSend(program: Command, invocation: Invocation): void {
  program
    .command('send')
    .summary('send a message')
    .description(
      'Send a message to one or more destinations. With the same --key it is posted once, however often this runs.',
    )
    .argument('<destination...>', DESTINATION_HELP)
    .requiredOption('--text <markdown>', 'what to say; - reads it from standard input')
    .option('--key <key>', 'the deduplication key (default: a new one, and so a new message)')
    .option('--title <title>', 'a heading')
    .addOption(new Option('--severity <severity>', 'how bad it is').choices(SEVERITIES))
    .option('--source <name>', 'where the message comes from, as pagerduty')
    .option('--reference <id>', 'what the source calls it, as 55')
    .option('--url <url>', 'where more is to be read')
    .option('--priority <1-5>', '1 overtakes 5 (default: 3)', wholeNumber)
    .addOption(
      new Option(
        '--on-ambiguous <decision>',
        'when nobody can tell whether an attempt has posted it (default: resend)',
      ).choices(ON_AMBIGUOUS),
    )
    .option('--retry-profile <name>', 'as the configuration has it, instead of the account’s own')
    .option('--deliver-at <time>', 'not before, as 2026-11-23T12:00:00Z')
    .option('--expires-at <time>', 'never after: what is not confirmed by then expires')
    .option(
      '--fallback <destination...>',
      'used in this order, each once the one before it can’t be delivered; for a single destination',
    )
    .option(
      '--fallback-after <duration>',
      'or once the one before it has not confirmed for so long, as 5m',
    )
    .option('--acknowledge <url>', 'have this address told what becomes of it')
    .option('--wait', 'wait until it is confirmed or can’t be delivered')
    .addOption(
      new Option('--timeout <duration>', 'how long to wait, as 30s')
        .argParser(duration)
        .default(ms(SEND_TIMEOUT), SEND_TIMEOUT),
    )
    .action(
      run(invocation, async (context, destinations: string[], options: SendOptions) => {
        const { send } = await import('./send.js');
        return await send(destinations, options, context);
      }),
    );
}

function addStatus(program: Command, invocation: Invocation): void {
  program
    .command('status')
    .summary('show where a message stands')
    .description('Show a message: each delivery, each attempt at it, and what mends it.')
    .argument('<key>', 'the deduplication key')
    .option('--watch', 'print every change until it is confirmed or can’t be delivered')
    .addOption(
      new Option('--wait', 'wait until it is confirmed or can’t be delivered').conflicts('watch'),
    )
    .option('--timeout <duration>', 'how long to watch or wait, as 30s (default: no end)', duration)
    .action(
      run(invocation, async (context, key: string, options: StatusOptions) => {
        const { status } = await import('./status.js');
        return await status(key, options, context);
      }),
    );
}

function addTimeline(program: Command, invocation: Invocation): void {
  program
    .command('timeline')
    .summary('tell what became of a message and why, step by step')
    .description(
      'Tell what became of a message and why, and every step of it. For a key that no message has, which keys are similar.',
    )
    .argument('<key>', 'the deduplication key')
    .action(
      run(invocation, async (context, key: string) => {
        const { timeline } = await import('./timeline.js');
        return await timeline(key, context);
      }),
    );
}

function addList(program: Command, invocation: Invocation): void {
  program
    .command('list')
    .summary('find messages')
    .description('Find messages, the newest first.')
    .argument('[word...]', 'what it is known by, as PagerDuty 55, or the beginning of a key')
    .option('--source <name>', 'only of this source')
    .option('--reference <id>', 'only with this reference of the source’s')
    .option('--trace-id <id>', 'only with this trace id')
    .option('--destination <destination>', 'only to this destination')
    .addOption(new Option('--status <status>', 'only in this status').choices(MESSAGE_STATUSES))
    .option('--since <when>', 'only accepted since: 2h ago, or a time as 2026-11-23T12:00Z', moment)
    .option('--until <when>', 'only accepted before', moment)
    .option('--limit <count>', 'how many at most', count, 50)
    .option('--all', 'all there are')
    .action(
      run(invocation, async (context, words: string[], options: ListOptions) => {
        const { list } = await import('./list.js');
        return await list(words, options, context);
      }),
    );
}

function addDeadLetters(program: Command, invocation: Invocation): void {
  const deadLetters = withFilter(program.command('dead-letters'))
    .summary('list, count, retry or discard what waits for a person')
    .description('List the deliveries that wait for a person, and what mends each of them.')
    .option('--limit <count>', 'of how many messages at most', count, 50)
    .option('--all', 'all there are')
    .action(
      run(invocation, async (context, options: DeadLettersOptions) => {
        const { deadLetters } = await import('./deadLetters.js');
        return await deadLetters(options, context);
      }),
    );
  withFilter(deadLetters.command('summary'))
    .description('Count them, by destination and reason.')
    .action(
      run(invocation, async (context, _own: object, command: Command) => {
        const { deadLetterSummary } = await import('./deadLetterSummary.js');
        return await deadLetterSummary(
          command.optsWithGlobals<DeadLetterSummaryOptions>(),
          context,
        );
      }),
    );
  addDecideAll(deadLetters, invocation, 'retry', 'Send all that the filter finds again.');
  addDecideAll(deadLetters, invocation, 'discard', 'Give all that the filter finds up, for good.');
}

/**
 * Commander gives an option that a subcommand shares with its parent to the parent, wherever it was written: subcommands of
 * `dead-letters` read theirs with `optsWithGlobals`, or a filter would be lost and everything meant.
 */
function withFilter(command: Command): Command {
  return command
    .option('--destination <destination>', 'only to this destination')
    .addOption(new Option('--reason <reason>', 'only for this reason').choices(FAILURE_REASONS));
}

function addDecideAll(
  deadLetters: Command,
  invocation: Invocation,
  action: 'retry' | 'discard',
  description: string,
): void {
  withFilter(deadLetters.command(action))
    .description(`${description} Without a filter: all there are.`)
    .option('--why <words>', 'why; it is kept with each message')
    .option('--by <person>', 'who decides (default: this system’s name for you)')
    .option('--dry-run', 'only count them')
    .option('--yes', 'don’t ask')
    .option('--no-wait', 'don’t wait until each has been told')
    .action(
      run(invocation, async (context, _own: object, command: Command) => {
        const { decideAll } = await import('./decideAll.js');
        return await decideAll(action, command.optsWithGlobals<DecideAllOptions>(), context);
      }),
    );
}

function addRetry(program: Command, invocation: Invocation): void {
  program
    .command('retry')
    .summary('send dead letters again')
    .description('Send the dead letters of a message again.')
    .argument('<key>', 'the deduplication key')
    .option('--destination <destination>', 'only the one to this destination')
    .option('--by <person>', 'who decides (default: this system’s name for you)')
    .option('--reason <reason>', 'why')
    .action(
      run(invocation, async (context, key: string, options: RetryOptions) => {
        const { retry } = await import('./decide.js');
        return await retry(key, options, context);
      }),
    );
}

function addDiscard(program: Command, invocation: Invocation): void {
  program
    .command('discard')
    .summary('give dead letters up')
    .description('Give the dead letters of a message up, for good.')
    .argument('<key>', 'the deduplication key')
    .requiredOption('--reason <reason>', 'why; it is kept')
    .option('--destination <destination>', 'only the one to this destination')
    .option('--by <person>', 'who decides (default: this system’s name for you)')
    .action(
      run(invocation, async (context, key: string, options: DiscardOptions) => {
        const { discard } = await import('./decide.js');
        return await discard(key, options, context);
      }),
    );
}

function addCancel(program: Command, invocation: Invocation): void {
  program
    .command('cancel')
    .summary('stop what is not sent yet')
    .description(
      'Stop a message wherever it has not been sent yet: while it waits for its time, for its turn, for its next attempt, or for a person.',
    )
    .argument('<key>', 'the deduplication key')
    .option('--by <person>', 'who decides (default: this system’s name for you)')
    .option('--reason <reason>', 'why')
    .action(
      run(invocation, async (context, key: string, options: CancelOptions) => {
        const { cancel } = await import('./decide.js');
        return await cancel(key, options, context);
      }),
    );
}

function addDoctor(program: Command, invocation: Invocation): void {
  program
    .command('doctor')
    .summary('find what is missing')
    .description(
      'Look at all that sendproof needs, as the API and the workers would with this environment, and say what is missing and what mends it. Changes nothing, and posts nothing.',
    )
    .action(
      run(invocation, async (context) => {
        const { doctor } = await import('./doctor/doctor.js');
        return await doctor(context);
      }),
    );
}

function addSignIn(program: Command, invocation: Invocation): void {
  program
    .command('sign-in')
    .summary('sign in the user that a Teams account posts as')
    .description(
      'Sign in the service user of a Teams account, with a code to enter in any browser. The sign-in is kept in the account’s tokenCache.',
    )
    .argument('<account>', 'as teams:default')
    .action(
      run(invocation, async (context, account: string) => {
        const { signIn } = await import('./signIn.js');
        return await signIn(account, context);
      }),
    );
}

/** A commander action that remembers the exit code. Commander gives it arguments, options and the command itself. */
function run<Args extends unknown[]>(
  invocation: Invocation,
  command: (context: CommandContext, ...args: Args) => Promise<ExitCode>,
): (this: Command, ...args: Args) => Promise<void> {
  return async function (this: Command, ...args: Args) {
    const options = this.optsWithGlobals<GlobalOptions>();
    const { surroundings } = invocation;
    const { environment, stdin } = surroundings;
    const context: CommandContext = {
      environment,
      stdin,
      output: new Output(surroundings, options.json === true),
      api: () => new ApiClient(locateApi(options.apiUrl, environment)),
    };
    invocation.exitCode = await command(context, ...args);
  };
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isInteger(number)) return number;
  throw new InvalidArgumentError('It must be a whole number.');
}

function count(text: string): number {
  const number = wholeNumber(text);
  if (number >= 1) return number;
  throw new InvalidArgumentError('It must be 1 or more.');
}

/** @returns milliseconds */
function duration(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined && milliseconds > 0) return milliseconds;
  throw new InvalidArgumentError('It must be a duration, as 500ms, 30s, 5m or 2h.');
}

/** A time, or a time as long ago as this. */
function moment(text: string): Date {
  const agoMs = parseDuration(text);
  const time = agoMs === undefined ? new Date(text) : new Date(Date.now() - agoMs);
  if (!Number.isNaN(time.getTime())) return time;
  throw new InvalidArgumentError('It must be a duration, as 2h, or a time, as 2026-11-23T12:00Z.');
}

/** In milliseconds; undefined for text that is no duration, which the types of `ms` leave out, or has no unit. */
function parseDuration(text: string): number | undefined {
  return /^\d.*[a-z]$/i.test(text) ? ms(text as ms.StringValue) : undefined;
}

function productVersion(): string {
  const require = createRequire(import.meta.url);
  return (require('sendproof/package.json') as { version: string }).version;
}
