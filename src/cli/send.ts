/** `sendproof send` */
import { randomUUID } from 'node:crypto';
import { buffer as readAll } from 'node:stream/consumers';
import type { OnAmbiguous } from '../domain/delivery.js';
import type { Content, ConversationMode } from '../domain/message.js';
import { decodeUtf8 } from '../lib/text.js';
import type { Acceptance, MessageRequest } from './apiClient.js';
import type { Clock } from './clock.js';
import type { CommandContext } from './command.js';
import { ApiProblem, UnreachableError, UsageError } from './errors.js';
import { ExitCode } from './exitCode.js';
import { formatStatus } from './format.js';
import { shellCommand, shellOption } from '../lib/shellCommand.js';
import { renderOutcome } from './messageView.js';
import type { Display } from './output.js';
import { awaitOutcome, exitCodeOf } from './awaitOutcome.js';

export interface SendOptions {
  text: string;
  title?: string;
  severity?: NonNullable<Content['severity']>;
  key?: string;
  source?: string;
  reference?: string;
  url?: string;
  priority?: number;
  onAmbiguous?: OnAmbiguous;
  retryProfile?: string;
  deliverAt?: string;
  expiresAt?: string;
  fallback?: string[];
  /** As it was typed: the API validates it. */
  fallbackAfter?: string;
  conversation?: string;
  conversationMode?: ConversationMode;
  conversationBroadcast?: boolean;
  /** As they were typed: the API validates them. */
  conversationAt?: string;
  conversationRank?: number;
  acknowledge?: string;
  wait?: true;
  timeout: number;
}

/** Sends a message. With `wait`, resolves when the message is confirmed or has failed. */
export async function send(
  destinations: string[],
  options: SendOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { output } = context;
  const api = context.api();
  const message = await messageOf(destinations, options, context);
  const acceptance = await api.send(message).catch((error: unknown) => {
    if (isOutcomeUnknown(error)) {
      output.remark(
        `Run the command again with ${shellOption('key', message.deduplicationKey)}: a message with the same key is never posted twice.`,
      );
    }
    throw error;
  });
  if (options.key === undefined) {
    output.remark(
      `Without --key, this message has the new key ${message.deduplicationKey}. Running the command again sends another message.`,
    );
  }
  if (!options.wait) {
    output.result(acceptance, renderAcceptance);
    return ExitCode.done;
  }
  const state = await awaitOutcome(api, acceptance.deduplicationKey, options.timeout);
  output.result({ ...state, duplicate: acceptance.duplicate }, renderOutcome);
  return exitCodeOf(state);
}

async function messageOf(
  destinations: string[],
  options: SendOptions,
  context: CommandContext,
): Promise<MessageRequest & { deduplicationKey: string }> {
  const { title, severity, key, source, reference, url, priority, onAmbiguous } = options;
  const { retryProfile, deliverAt, expiresAt, acknowledge } = options;
  const correlation = { source, reference, url };
  return {
    deduplicationKey: key ?? randomUUID(),
    // The API validates them and names the error in each.
    destinations: withFallback(destinations, options),
    content: { text: await textOf(options, context), title, severity },
    ...(Object.values(correlation).some((value) => value !== undefined) && { correlation }),
    priority,
    onAmbiguous,
    retryProfile,
    deliverAt,
    expiresAt,
    ...conversationOf(options),
    ...(acknowledge !== undefined && { acknowledge: { url: acknowledge } }),
  };
}

function conversationOf(options: SendOptions): Pick<MessageRequest, 'conversation'> {
  const { conversation: key, conversationAt, conversationMode, conversationRank } = options;
  const details = {
    mode: conversationMode,
    at: conversationAt,
    rank: conversationRank,
    broadcast: options.conversationBroadcast,
  };
  if (key !== undefined) return { conversation: { key, ...details } };
  if (Object.values(details).every((value) => value === undefined)) return {};
  throw new UsageError(
    '"--conversation-mode", "--conversation-at", "--conversation-rank" and "--conversation-broadcast" need a --conversation.',
  );
}

function withFallback(
  destinations: string[],
  { fallback, fallbackAfter }: SendOptions,
): MessageRequest['destinations'] {
  if (!fallback) {
    if (fallbackAfter === undefined) return destinations;
    throw new UsageError('"--fallback-after" needs a --fallback.');
  }
  const [destination = '', ...others] = destinations;
  if (others.length > 0) {
    throw new UsageError(
      '"--fallback" works with one destination only: send a message for each destination.',
    );
  }
  return [{ destination, fallback, fallbackAfter }];
}

/** The text, or standard input's for `-`, without the line break that its last line ends in. */
async function textOf({ text }: SendOptions, { stdin }: CommandContext): Promise<string> {
  if (text !== '-') return text;
  if (stdin.isTTY) {
    throw new UsageError(
      '"--text -" reads the text from standard input, which is a terminal: pipe the text in, or write it after --text.',
    );
  }
  const read = decodeUtf8(await readAll(stdin));
  if (read === undefined) {
    throw new UsageError(
      '"--text -" reads UTF-8, and standard input has bytes that are not: convert the text first, as with "iconv -t UTF-8".',
    );
  }
  return read.replace(/\r?\n$/, '');
}

/** Whether the message may have been accepted, or may be accepted by a second request. */
function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof UnreachableError || (error instanceof ApiProblem && error.temporary);
}

/** Sooner than this, the next command shows the post itself. */
const AT_ONCE_MS = 5_000;

/** When it is posted, where that is known and not at once. */
function renderExpected(
  expectedAt: string | undefined,
  heldBack: string | undefined,
  clock: Clock,
): string[] {
  if (heldBack !== undefined) {
    const why = heldBack === '' ? '' : `: ${heldBack}`;
    return [`  held back until the account works again${why}`];
  }
  if (expectedAt === undefined) return [];
  if (Date.parse(expectedAt) - clock.now.getTime() < AT_ONCE_MS) return [];
  return [`  expected  ${clock.time(expectedAt)}`];
}

function renderAcceptance(acceptance: Acceptance, display: Display): string {
  const { deduplicationKey, duplicate, expectedAt, heldBack, status, traceId } = acceptance;
  const what = duplicate
    ? `duplicate: it was accepted before and is ${formatStatus(status, display)}; nothing was posted`
    : formatStatus(status, display);
  return [
    `${display.style('bold', deduplicationKey)}  ${what}`,
    `  trace     ${traceId}`,
    ...renderExpected(expectedAt, heldBack, display.clock),
    `  follow it with: ${shellCommand('sendproof status', [deduplicationKey], { watch: true })}`,
  ].join('\n');
}
