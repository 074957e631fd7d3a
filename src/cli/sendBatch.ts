/** `sendproof send-batch` */
import { readFileSync } from 'node:fs';
import { buffer as readAll } from 'node:stream/consumers';
import { isRecord } from '../lib/isRecord.js';
import { noteRepeatedNames, repeatedNames } from '../lib/repeatedNames.js';
import { decodeUtf8, utf8Length } from '../lib/text.js';
import type { Batch } from './apiClient.js';
import { awaitBatches, exitCodeOf } from './awaitBatch.js';
import { renderBatch } from './batchView.js';
import type { CommandContext } from './command.js';
import { ApiProblem, UnreachableError, UsageError } from './errors.js';
import { ExitCode } from './exitCode.js';

export interface SendBatchOptions {
  key?: string;
  wait?: true;
  timeout: number;
}

/** What the API takes in one request, with room for the rest of the body. */
const MOST_MESSAGES = 1_000;
const MOST_BYTES = 15 * 1024 * 1024;

/** Sends the messages of a file in batches. With `wait`, resolves when each was started or refused. */
export async function sendBatch(
  file: string,
  { key, timeout, wait }: SendBatchOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { output } = context;
  const api = context.api();
  const batches = batchesOf(messagesIn(await textOf(file, context)));
  const sent: Batch[] = [];
  for (const [index, messages] of batches.entries()) {
    const numbered = key !== undefined && batches.length > 1 ? `${key}-${index + 1}` : key;
    try {
      sent.push(await api.sendBatch(messages, numbered));
    } catch (error) {
      if (isOutcomeUnknown(error)) {
        output.remark(
          `Run the command again with the same file${key === undefined ? '' : ' and --key'}: what was sent is not sent twice.`,
        );
      }
      throw error;
    }
  }
  const shown = wait ? await awaitBatches(api, sent, timeout, output) : sent;
  output.result({ batches: shown }, (result, display) =>
    result.batches.map((batch) => renderBatch(batch, display)).join('\n'),
  );
  return wait ? exitCodeOf(shown) : ExitCode.done;
}

async function textOf(file: string, { stdin }: CommandContext): Promise<string> {
  if (file === '-' && stdin.isTTY) {
    throw new UsageError('"-" reads standard input, which is a terminal: pipe the messages in.');
  }
  const text = decodeUtf8(file === '-' ? await readAll(stdin) : read(file));
  if (text !== undefined) return text;
  throw new UsageError('The file is not UTF-8: convert it first, as with "iconv -t UTF-8".');
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`The file can’t be read: ${(error as Error).message}.`, { cause: error });
  }
}

/** Each line that isn't blank is a message. Nothing is sent where one is no JSON object. */
function messagesIn(text: string): object[] {
  const messages = text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const message = parsed(line);
    if (!isRecord(message)) {
      throw new UsageError(
        `Line ${index + 1} is not a JSON object: write each message in a line of its own (NDJSON). Nothing was sent.`,
      );
    }
    const [repeated] = repeatedNames(message);
    if (repeated) {
      throw new UsageError(
        `Line ${index + 1} has ${JSON.stringify(repeated.join('.'))} more than once: write it once. Nothing was sent.`,
      );
    }
    return [message];
  });
  if (messages.length > 0) return messages;
  throw new UsageError('The file has no message.');
}

function parsed(line: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  noteRepeatedNames(line, value);
  return value;
}

/** As many in each as the API takes. */
function batchesOf(messages: readonly object[]): object[][] {
  const batches: object[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = utf8Length(JSON.stringify(message)) + ','.length;
    const last = batches.at(-1);
    if (last && last.length < MOST_MESSAGES && bytes + size <= MOST_BYTES) {
      last.push(message);
      bytes += size;
    } else {
      batches.push([message]);
      bytes = size;
    }
  }
  return batches;
}

/** Whether the batch may have been accepted. */
function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof UnreachableError || (error instanceof ApiProblem && error.temporary);
}
