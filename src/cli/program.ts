/**
 * The command line: the commands, their options and how their errors are reported. The code of a command is loaded when the
 * command runs, so that `--help` answers immediately.
 */
import { createRequire } from 'node:module';
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import ms from 'ms';
import { MESSAGE_STATUSES, FAILURE_REASONS, type OnAmbiguous } from '../domain/delivery.js';
import type { Content, ConversationMode } from '../domain/message.js';
import { ConfigurationError } from '../lib/configurationError.js';
import { withoutEmptyVariables } from '../lib/environment.js';
import { parseWholeNumber } from '../lib/wholeNumber.js';
import { ApiClient } from './apiClient.js';
import { locateApi } from './apiLocation.js';
import type { BatchOptions } from './batch.js';
import { SYSTEM_TIME } from './clock.js';
import type { CommandContext, Surroundings } from './command.js';
import type { DecideAllOptions } from './decideAll.js';
import type { DeadLettersOptions } from './deadLetters.js';
import type { DeadLetterOptions } from './deadLetterFilter.js';
import type { EraseOptions } from './erase.js';
import type { CancelOptions, DiscardOptions, RetryOptions } from './decide.js';
import { CommandError, FailureError } from './errors.js';
import { ExitCode } from './exitCode.js';
import type { IngestDeadLettersOptions, ReplayOptions } from './ingestDeadLetters.js';
import type { KeysCreateOptions } from './keysCreate.js';
import type { ListOptions } from './list.js';
import { Output } from './output.js';
import type { RescheduleOptions } from './reschedule.js';
import type { ProveOptions } from './prove.js';
import type { RoutesTestOptions } from './routesTest.js';
import type { SandboxCommandOptions } from './sandbox.js';
import type { SendBatchOptions } from './sendBatch.js';
import type { SendOptions } from './send.js';
import type { SourcesSendOptions } from './sourcesSend.js';
import type { StartedPart } from './start.js';
import type { StatusOptions } from './status.js';

const SEVERITIES = ['critical', 'error', 'warning', 'info', 'ok'] as const satisfies NonNullable<
  Content['severity']
>[];
const CONVERSATION_MODES = ['update', 'reply', 'both'] as const satisfies ConversationMode[];
const ON_AMBIGUOUS = ['resend', 'dead_letter'] as const satisfies OnAmbiguous[];

/** Long enough for a retry or two, short enough for a script. */
const SEND_TIMEOUT = '5m';
/** As long as 10,000 messages take to be started on a busy machine, several times. */
const BATCH_TIMEOUT = '30m';

const DESTINATION_HELP =
  'as slack:<account>/<channel id>, discord:<account>/<channel id>; docs/reference/destinations.md lists the forms of all platforms';

/** Runs one command line, without the program's name, and resolves with the exit code. */
export async function runCli(args: string[], given: Surroundings): Promise<ExitCode> {
  const surroundings = { ...given, environment: withoutEmptyVariables(given.environment) };
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
    // What is wrong with the environment or the configuration has its remedy in the message.
    const known = error instanceof ConfigurationError ? new FailureError(error.message) : error;
    if (known instanceof CommandError) {
      outputOf(surroundings, program.opts<GlobalOptions>()).error(known);
      return known.exitCode;
    }
    throw error;
  }
}

interface GlobalOptions {
  json?: true;
  utc?: true;
  apiUrl?: string;
}

function outputOf(
  surroundings: Surroundings,
  { json, utc, wide }: GlobalOptions & { wide?: true },
): Output {
  return new Output(surroundings, surroundings.time ?? SYSTEM_TIME, {
    json: json === true,
    utc: utc === true,
    wide: wide === true,
  });
}

interface Invocation {
  surroundings: Surroundings;
  exitCode: ExitCode;
}

function createProgram(invocation: Invocation): Command {
  const { stdout, stderr } = invocation.surroundings;
  const program = new Command('sendproof')
    .description(
      'Reliable messaging automation for enterprise chat: send messages, follow them and resolve failures.',
    )
    .version(productVersion())
    .option('--json', 'print one JSON document on standard output')
    .option('--utc', 'show times in UTC, as ISO 8601 (default: in local time, with their age)')
    .option(
      '--api-url <url>',
      'the address of the API (default: $SENDPROOF_URL, else port $PORT of this machine, else what runs in $SENDPROOF_DATA_DIR, else http://127.0.0.1:3000)',
    )
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
    })
    .showHelpAfterError('(run with --help for the usage)')
    .exitOverride()
    .addHelpText('after', EXIT_CODES);
  addSend(program, invocation);
  addSendBatch(program, invocation);
  addStatus(program, invocation);
  addBatch(program, invocation);
  addTimeline(program, invocation);
  addList(program, invocation);
  addDeadLetters(program, invocation);
  addRetry(program, invocation);
  addDiscard(program, invocation);
  addReschedule(program, invocation);
  addCancel(program, invocation);
  addErase(program, invocation);
  addRoutes(program, invocation);
  addSources(program, invocation);
  addIngest(program, invocation);
  addImport(program, invocation);
  addKeys(program, invocation);
  addDoctor(program, invocation);
  addSignIn(program, invocation);
  addStart(program, invocation);
  addSandbox(program, invocation);
  addProve(program, invocation);
  return program;
}

const EXIT_CODES = `
Exit codes:
  0  done
  1  the API refused the request, or the command failed; doctor: a check failed
  2  the command line is not valid
  3  the API cannot be reached
  4  --wait, --watch: dead-lettered, discarded, expired or cancelled
  5  --wait, --watch: still being delivered when the timeout ended

The API key is $SENDPROOF_API_KEY, else the first of $SENDPROOF_API_KEYS.`;

function addSend(program: Command, invocation: Invocation): void {
  program
    .command('send')
    .summary('send a message')
    .description(
      'Send a message to one or more destinations. A message with the same --key is posted only once, even if this command runs again.',
    )
    .argument('<destination...>', DESTINATION_HELP)
    .requiredOption('--text <markdown>', 'the text of the message; - reads it from standard input')
    .option('--key <key>', 'the deduplication key (default: a new key, which makes a new message)')
    .option('--title <title>', 'the title of the message')
    .addOption(
      new Option('--severity <severity>', 'the severity of the message').choices(SEVERITIES),
    )
    .option('--source <name>', 'the source system, for example pagerduty')
    .option('--reference <id>', 'the id of the event in the source system, for example 55')
    .option('--url <url>', 'a page with more information')
    .option(
      '--priority <1-5>',
      'the priority, 1 is the highest (default: 3)',
      wholeNumberFrom(1, 5),
    )
    .addOption(
      new Option(
        '--on-ambiguous <decision>',
        'the action after an attempt with an unknown outcome (default: resend)',
      ).choices(ON_AMBIGUOUS),
    )
    .option(
      '--retry-profile <name>',
      'a retry profile of the configuration (default: the account’s own)',
    )
    .option('--deliver-at <time>', 'the earliest time to post, for example 2026-11-23T12:00:00Z')
    .option('--expires-at <time>', 'the latest time to post; unconfirmed deliveries then expire')
    .option(
      '--fallback <destination...>',
      'alternatives to a single destination, in order; each is used when the one before it fails',
    )
    .option(
      '--fallback-after <duration>',
      'also use a fallback if the destination has not confirmed after this time, for example 5m',
    )
    .option(
      '--conversation <key>',
      'the conversation: a later message with the same key changes or answers the post of the first',
    )
    .addOption(
      new Option(
        '--conversation-mode <mode>',
        'change the post, answer in its thread, or both (default: update)',
      ).choices(CONVERSATION_MODES),
    )
    .option(
      '--conversation-at <time>',
      'when it happened at the source (default: now); never shown over something newer',
    )
    .option(
      '--conversation-rank <0-9>',
      'the order of messages with the same time, the highest is the newest (default: 0)',
      wholeNumberFrom(0, 9),
    )
    .option(
      '--conversation-broadcast',
      'show an answer in the channel, too, where that is possible',
    )
    .option('--acknowledge <url>', 'the URL that receives callbacks about the message')
    .option('--wait', 'wait until the message is confirmed or has failed')
    .addOption(
      new Option('--timeout <duration>', 'the longest time to wait, for example 30s')
        .argParser(parsePositiveDuration)
        .default(ms(SEND_TIMEOUT), SEND_TIMEOUT),
    )
    .action(
      run(invocation, async (context, destinations: string[], options: SendOptions) => {
        const { send } = await import('./send.js');
        return await send(destinations, options, context);
      }),
    );
}

function addSendBatch(program: Command, invocation: Invocation): void {
  program
    .command('send-batch')
    .summary('send many messages from a file')
    .description(
      'Send the messages of a file, one JSON object as for POST /v1/messages in each line. They are stored at once, 1,000 in a batch, and started in the background. A file that is sent again is the same batches.',
    )
    .argument('<file>', 'the file; - reads standard input')
    .option(
      '--key <key>',
      'the key of the batch (default: made of its messages); several batches have it with a number',
    )
    .option('--wait', 'wait until every message was started or refused')
    .addOption(
      new Option('--timeout <duration>', 'the longest time to wait, for example 30s')
        .argParser(parsePositiveDuration)
        .default(ms(BATCH_TIMEOUT), BATCH_TIMEOUT),
    )
    .action(
      run(invocation, async (context, file: string, options: SendBatchOptions) => {
        const { sendBatch } = await import('./sendBatch.js');
        return await sendBatch(file, options, context);
      }),
    );
}

function addBatch(program: Command, invocation: Invocation): void {
  program
    .command('batch')
    .summary('show the progress of a batch')
    .description(
      'Show a batch: how many of its messages were started, and why some were refused. Each accepted message has a status of its own.',
    )
    .argument('<id>', 'the id of the batch, which is its key')
    .option('--wait', 'wait until every message was started or refused')
    .addOption(
      new Option('--timeout <duration>', 'the longest time to wait, for example 30s')
        .argParser(parsePositiveDuration)
        .default(ms(BATCH_TIMEOUT), BATCH_TIMEOUT),
    )
    .addOption(
      new Option('--cancel', 'start no more of its messages; what was started goes on').conflicts(
        'wait',
      ),
    )
    .option('--by <person>', 'with --cancel: the person who decides (default: your user name)')
    .option('--reason <reason>', 'with --cancel: the explanation of the decision')
    .action(
      run(invocation, async (context, id: string, options: BatchOptions) => {
        const { batch } = await import('./batch.js');
        return await batch(id, options, context);
      }),
    );
}

function addStatus(program: Command, invocation: Invocation): void {
  program
    .command('status')
    .summary('show the status of a message')
    .description(
      'Show a message: its status, each delivery, each attempt, and the remedy for each failure.',
    )
    .argument('<key>', 'the deduplication key')
    .option('--watch', 'print every change until the message is confirmed or has failed')
    .addOption(
      new Option('--wait', 'wait until the message is confirmed or has failed').conflicts('watch'),
    )
    .option(
      '--timeout <duration>',
      'the longest time to watch or wait, for example 30s (default: no limit)',
      parsePositiveDuration,
    )
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
    .summary('show every step of a message, with an explanation')
    .description(
      'Show the outcome of a message with its cause, and every step. For a key that no message has, show similar keys.',
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
    .description('Find messages, newest first.')
    .argument(
      '[word...]',
      'words to search for, for example PagerDuty 55, or the beginning of a key',
    )
    .option('--source <name>', 'only messages from this source')
    .option('--reference <id>', 'only messages with this reference')
    .option('--conversation <key>', 'only messages of this conversation')
    .option('--trace-id <id>', 'only messages with this trace id')
    .option('--destination <destination>', 'only deliveries to this destination')
    .addOption(
      new Option('--status <status>', 'only messages with this status').choices(MESSAGE_STATUSES),
    )
    .option(
      '--since <when>',
      'only messages accepted since this time: an age like 2h, or a time like 2026-11-23T12:00Z',
      parseMoment,
    )
    .option('--until <when>', 'only messages accepted before this time', parseMoment)
    .option('--limit <count>', 'the largest number of messages', wholeNumberFrom(1), 50)
    .option('--all', 'no limit')
    .addOption(wide())
    .action(
      run(invocation, async (context, words: string[], options: ListOptions) => {
        const { list } = await import('./list.js');
        return await list(words, options, context);
      }),
    );
}

function addDeadLetters(program: Command, invocation: Invocation): void {
  const deadLetters = withFilter(program.command('dead-letters'))
    .summary('list, count, retry or discard deliveries that need a decision')
    .description('List the deliveries that need a decision, with the remedy for each.')
    .option('--limit <count>', 'the largest number of messages', wholeNumberFrom(1), 50)
    .option('--all', 'no limit')
    .addOption(wide())
    .action(
      run(invocation, async (context, options: DeadLettersOptions) => {
        const { deadLetters } = await import('./deadLetters.js');
        return await deadLetters(options, context);
      }),
    );
  withFilter(deadLetters.command('summary'))
    .description('Count the dead letters by destination and reason.')
    .addOption(wide())
    .action(
      run(invocation, async (context, _own: object, command: Command) => {
        const { deadLetterSummary } = await import('./deadLetterSummary.js');
        return await deadLetterSummary(command.optsWithGlobals<DeadLetterOptions>(), context);
      }),
    );
  addDecideAll(deadLetters, invocation, 'retry', 'Retry all dead letters that match the filter.');
  addDecideAll(
    deadLetters,
    invocation,
    'discard',
    'Discard all dead letters that match the filter. This cannot be undone.',
  );
}

/**
 * Commander gives an option that a subcommand shares with its parent to the parent, wherever it was written: subcommands of
 * `dead-letters` read theirs with `optsWithGlobals`, or a filter would be lost and every dead letter would match.
 */
function withFilter(command: Command): Command {
  return command
    .option('--destination <destination>', 'only deliveries to this destination')
    .addOption(
      new Option(
        '--failure-reason <reason>',
        'only deliveries that failed for this reason',
      ).choices(FAILURE_REASONS),
    )
    .addOption(
      new Option(
        '--reason <reason>',
        'the explanation of the decision; it is kept with each message',
      ).hideHelp(command.name() === 'dead-letters' || command.name() === 'summary'),
    );
}

function addDecideAll(
  deadLetters: Command,
  invocation: Invocation,
  action: 'retry' | 'discard',
  description: string,
): void {
  withFilter(deadLetters.command(action))
    .description(`${description} Without a filter, every dead letter matches.`)
    .addOption(new Option('--why <words>', 'the old name of --reason').hideHelp())
    .option('--by <person>', 'the person who decides (default: your user name on this system)')
    .option('--dry-run', 'only count the dead letters')
    .option('--yes', 'do not ask for confirmation')
    .option('--no-wait', 'do not wait until every dead letter has the decision')
    .action(
      run(invocation, async (context, _own: object, command: Command) => {
        const { decideAll } = await import('./decideAll.js');
        return await decideAll(action, command.optsWithGlobals<DecideAllOptions>(), context);
      }),
    );
}

/** For commands that print a table of many. */
function wide(): Option {
  return new Option('--wide', 'show further columns, and wrap and shorten nothing');
}

function addRetry(program: Command, invocation: Invocation): void {
  program
    .command('retry')
    .summary('retry the dead letters of a message')
    .description('Retry the dead letters of a message.')
    .argument('<key>', 'the deduplication key')
    .option('--destination <destination>', 'only the delivery to this destination')
    .option('--by <person>', 'the person who decides (default: your user name on this system)')
    .option('--reason <reason>', 'the explanation of the decision')
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
    .summary('discard the dead letters of a message')
    .description('Discard the dead letters of a message. This cannot be undone.')
    .argument('<key>', 'the deduplication key')
    .requiredOption(
      '--reason <reason>',
      'the explanation of the decision; it is kept with the message',
    )
    .option('--destination <destination>', 'only the delivery to this destination')
    .option('--by <person>', 'the person who decides (default: your user name on this system)')
    .action(
      run(invocation, async (context, key: string, options: DiscardOptions) => {
        const { discard } = await import('./decide.js');
        return await discard(key, options, context);
      }),
    );
}

function addReschedule(program: Command, invocation: Invocation): void {
  program
    .command('reschedule')
    .summary('give a message that has not begun other times')
    .description('Change when a message is posted or expires. Its deliveries must not have begun.')
    .argument('<key>', 'the deduplication key')
    .option('--deliver-at <time>', 'the new earliest time to post, or "now"')
    .option('--expires-at <time>', 'the new latest time to post, or "never"')
    .option('--by <person>', 'the person who decides (default: your user name on this system)')
    .option('--reason <reason>', 'the explanation of the decision')
    .action(
      run(invocation, async (context, key: string, options: RescheduleOptions) => {
        const { reschedule } = await import('./reschedule.js');
        return await reschedule(key, options, context);
      }),
    );
}

function addCancel(program: Command, invocation: Invocation): void {
  program
    .command('cancel')
    .summary('cancel the deliveries of a message that are not confirmed')
    .description(
      'Cancel every delivery of a message that is not confirmed: scheduled, queued, waiting for its next attempt, or dead-lettered.',
    )
    .argument('<key>', 'the deduplication key')
    .option('--by <person>', 'the person who decides (default: your user name on this system)')
    .option('--reason <reason>', 'the explanation of the decision')
    .action(
      run(invocation, async (context, key: string, options: CancelOptions) => {
        const { cancel } = await import('./decide.js');
        return await cancel(key, options, context);
      }),
    );
}

function addErase(program: Command, invocation: Invocation): void {
  program
    .command('erase')
    .summary('erase what a message says, or all of it, for good')
    .description(
      'Erase the content of a message that has ended: nobody can read it any more, and its status, attempts and decisions stay. Needs contentRetention when the message was accepted. With --all, the message is deleted from Temporal, and its key is free again.',
    )
    .argument('<key>', 'the deduplication key')
    .option('--all', 'delete the whole message, not only its content')
    .option('--yes', 'do not ask for confirmation')
    .option('--by <person>', 'the person who decides (default: your user name on this system)')
    .option('--reason <reason>', 'the explanation of the decision')
    .action(
      run(invocation, async (context, key: string, options: EraseOptions) => {
        const { erase } = await import('./erase.js');
        return await erase(key, options, context);
      }),
    );
}

function addRoutes(program: Command, invocation: Invocation): void {
  program
    .command('routes')
    .description('Try the routes of the configuration.')
    .command('test')
    .summary('show what would become of a payload')
    .description(
      'Show what would become of a payload: whether it is authentic, its events, which routes take them and why the others don’t, and each post. Needs no API and posts nothing. Exits with 1 where the payload can’t be used, where no route takes an event, or where a template fails.',
    )
    .argument('<payload>', 'the file with the body of the request; - reads it from standard input')
    .requiredOption(
      '--source <name>',
      'the source of the configuration, or its type if there is one of it; events: the body of POST /v1/events',
    )
    .option('--header <header>', 'a header of the request, as "X-Name: value"', collect)
    .option(
      '--config <file>',
      'the configuration file (default: $SENDPROOF_CONFIG, else sendproof.yaml)',
    )
    .option('--no-posts', 'do not show the posts as the platforms show them')
    .action(
      run(invocation, async (context, payload: string, options: RoutesTestOptions) => {
        const { routesTest } = await import('./routesTest.js');
        return await routesTest(payload, options, context);
      }),
    );
}

function addIngest(program: Command, invocation: Invocation): void {
  const deadLetters = program
    .command('ingest')
    .description('Inspect the queues of the configuration.')
    .command('dead-letters')
    .summary('list the records of queues that can’t be accepted, or send them again')
    .description(
      'The records of queues that can’t be accepted. Reads sendproof.yaml and the queues, without the API.',
    );
  deadLetters
    .command('list', { isDefault: true })
    .description('List the records that can’t be accepted and were not sent again, oldest first.')
    .option('--queue <name>', 'only those of this queue')
    .option('--limit <count>', 'the largest number of records of a queue', wholeNumberFrom(1), 50)
    .option('--all', 'no limit')
    .addOption(wide())
    .action(
      run(invocation, async (context, options: IngestDeadLettersOptions) => {
        const { listIngestDeadLetters } = await import('./ingestDeadLetters.js');
        return await listIngestDeadLetters(options, context);
      }),
    );
  deadLetters
    .command('replay')
    .description('Send all of them to their queues again, each as it came.')
    .option('--queue <name>', 'only those of this queue')
    .option('--dry-run', 'only count them')
    .option('--yes', 'do not ask for confirmation')
    .action(
      run(invocation, async (context, options: ReplayOptions) => {
        const { replayIngestDeadLetters } = await import('./ingestDeadLetters.js');
        return await replayIngestDeadLetters(options, context);
      }),
    );
}

function addSources(program: Command, invocation: Invocation): void {
  const sources = program
    .command('sources')
    .description('List the sources of the API, and try those of the configuration.');
  sources
    .command('list')
    .summary('list the sources, with what came last from each')
    .description(
      'List the sources of the running API, with the last request of each, its answer and why.',
    )
    .addOption(wide())
    .action(
      run(invocation, async (context, options: object) => {
        const { sourcesList } = await import('./sourcesList.js');
        return await sourcesList(options, context);
      }),
    );
  sources
    .command('send')
    .summary('send a sample to the API, as the source would')
    .description(
      'Send a sample or a file to the running API, signed with the secret of the configuration, and show the answer.',
    )
    .argument('<source>', 'the source of the configuration, or its type if there is one of it')
    .option('--sample <name>', 'the sample (default: the first)')
    .option('--list', 'list the samples and send nothing')
    .addOption(new Option('--file <file>', 'send the body in this file').conflicts('sample'))
    .option('--header <header>', 'another header of the request, as "X-Name: value"', collect)
    .option(
      '--config <file>',
      'the configuration file (default: $SENDPROOF_CONFIG, else sendproof.yaml)',
    )
    .action(
      run(invocation, async (context, source: string, options: SourcesSendOptions) => {
        const { sourcesSend } = await import('./sourcesSend.js');
        const { apiUrl } = program.opts<GlobalOptions>();
        return await sourcesSend(source, options, context, apiUrl);
      }),
    );
}

function addImport(program: Command, invocation: Invocation): void {
  program
    .command('import')
    .summary('make a configuration of that of another tool')
    .description(
      'Make a sendproof.yaml of the configuration of Alertmanager, on standard output. What can’t be translated is named with its line on standard error.',
    )
    .argument('<file>', 'alertmanager.yml')
    .action(
      run(invocation, async (context, file: string) => {
        const { importAlertmanager } = await import('./importAlertmanager.js');
        return await importAlertmanager(file, context);
      }),
    );
}

function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

function addKeys(program: Command, invocation: Invocation): void {
  const keys = program.command('keys').description('Make keys for those who call the API.');
  keys
    .command('create')
    .summary('make a key, and its entry in sendproof.yaml')
    .description(
      'Make a random key and show it once, with the lines of sendproof.yaml that let it in. This command changes nothing.',
    )
    .requiredOption('--name <name>', 'the name in the log, in history and in metrics')
    .option('--scopes <scopes>', 'with commas between: send, read, decide, metrics, admin', 'send')
    .option('--destinations <patterns>', 'the only destinations, as "slack:default/*"')
    .option('--sources <patterns>', 'the only sources, as "ci-*"')
    .option('--tenant <name>', 'the tenant whose messages are all that the key can see')
    .action(
      run(invocation, async (context, options: KeysCreateOptions) => {
        const { keysCreate } = await import('./keysCreate.js');
        return await keysCreate(options, context);
      }),
    );
}

function addDoctor(program: Command, invocation: Invocation): void {
  program
    .command('doctor')
    .summary('check the installation')
    .description(
      'Check everything that sendproof needs, with this environment, and show the remedy for each failure. This command changes nothing and posts nothing.',
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
    .summary('sign in the user of a Teams account')
    .description(
      'Sign in the service user of a Teams account, with a code to enter in any browser. The tokenCache of the account keeps the sign-in.',
    )
    .argument('<account>', 'the account, for example teams:default')
    .action(
      run(invocation, async (context, account: string) => {
        const { signIn } = await import('./signIn.js');
        return await signIn(account, context);
      }),
    );
}

function addStart(program: Command, invocation: Invocation): void {
  program
    .command('start')
    .summary('run sendproof on this machine, or one of its processes')
    .description(
      'Run the whole product on this machine: Temporal, the API, the worker and the sandbox. With a part, run that process alone, against TEMPORAL_ADDRESS.',
    )
    .addArgument(
      new Argument('[part]', 'what runs')
        .choices(['all', 'api', 'worker', 'ingest'] satisfies StartedPart[])
        .default('all'),
    )
    .action(
      run(invocation, async (context, part: StartedPart) => {
        const { start } = await import('./start.js');
        return await start(part, context);
      }),
    );
}

function addSandbox(program: Command, invocation: Invocation): void {
  program
    .command('sandbox')
    .summary('run a local Slack and Teams with faults')
    .description(
      'Run the sandbox by itself: Slack, Microsoft Teams, Google Chat, Discord and Mattermost on this machine, for their SDKs, with a page that shows the posts and faults on demand. With --json, the first line has all addresses and tokens.',
    )
    .option(
      '--port <port>',
      'the port; 0 is any free one (default: $SANDBOX_PORT, else 4010)',
      wholeNumberFrom(0, 65_535),
    )
    .option('--host <address>', 'the address of this machine to listen on (default: 127.0.0.1)')
    .option('--file <file>', 'keep the posts in this file, and show those that are in it')
    .option('--no-limits', 'do not enforce the rate limits of the platforms')
    .option('--open-destinations', 'let every well-formed channel, chat and webhook exist')
    .action(
      run(invocation, async (context, options: SandboxCommandOptions) => {
        const { sandbox } = await import('./sandbox.js');
        return await sandbox(options, context);
      }),
    );
}

function addProve(program: Command, invocation: Invocation): void {
  program
    .command('prove')
    .summary('kill workers at the worst moment, and count the posts')
    .description(
      'Start a Temporal server, a sandbox and a worker of its own, and kill the worker again and again after the platform has a post and before the worker knows it. Then count the posts: each message must be shown once. Uses free ports and a temporary directory, and leaves nothing.',
    )
    .option('--kills <count>', 'how many times a worker is killed', wholeNumberFrom(1, 1_000), 30)
    .option('--keep-open', 'keep the pages open after the count, until Ctrl-C')
    .action(
      run(invocation, async (context, options: ProveOptions) => {
        const { prove } = await import('./prove.js');
        return await prove(options, context);
      }),
    );
}

/** A commander action that remembers the exit code. Commander gives it arguments, options and the command itself. */
function run<Args extends unknown[]>(
  invocation: Invocation,
  command: (context: CommandContext, ...args: Args) => Promise<ExitCode>,
): (this: Command, ...args: Args) => Promise<void> {
  return async function (this: Command, ...args: Args) {
    const options = this.optsWithGlobals<GlobalOptions & { wide?: true }>();
    const { surroundings } = invocation;
    const { environment, stdin } = surroundings;
    const context: CommandContext = {
      environment,
      stdin,
      output: outputOf(surroundings, options),
      api: () => new ApiClient(locateApi(options.apiUrl, environment)),
    };
    invocation.exitCode = await command(context, ...args);
  };
}

/** Throws InvalidArgumentError, which commander prints with the option's name. */
function wholeNumberFrom(minimum: number, maximum = Number.MAX_SAFE_INTEGER) {
  const range =
    maximum === Number.MAX_SAFE_INTEGER ? `${minimum} or more` : `from ${minimum} to ${maximum}`;
  return (text: string): number => {
    const number = parseWholeNumber(text);
    if (number !== undefined && number >= minimum && number <= maximum) return number;
    throw new InvalidArgumentError(`The value must be a whole number, ${range}, in digits alone.`);
  };
}

/** @returns milliseconds */
function parsePositiveDuration(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined && milliseconds > 0) return milliseconds;
  throw new InvalidArgumentError(
    'The value must be a duration with a unit, like 500ms, 30s, 5m or 2h.',
  );
}

/** Parses a time, or a duration before the present time. */
function parseMoment(text: string): Date {
  const agoMs = parseDuration(text);
  // A bare number would be some year for Date.
  const time =
    agoMs === undefined
      ? new Date(/^\d{4}-\d\d-\d\d/.test(text) ? text : NaN)
      : new Date(Date.now() - agoMs);
  if (!Number.isNaN(time.getTime())) return time;
  throw new InvalidArgumentError(
    'The value must be a duration with a unit, like 2h, or a time like 2026-11-23T12:00Z.',
  );
}

/** In milliseconds; undefined for text that is no duration, which the types of `ms` leave out, or has no unit. */
function parseDuration(text: string): number | undefined {
  return /^\d.*[a-z]$/i.test(text) ? ms(text as ms.StringValue) : undefined;
}

function productVersion(): string {
  const require = createRequire(import.meta.url);
  return (require('sendproof/package.json') as { version: string }).version;
}
