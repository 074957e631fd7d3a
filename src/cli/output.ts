/** The output of a command: results go to standard output, remarks and errors to standard error. */
import { stripVTControlCharacters, styleText } from 'node:util';
import { SingleBar } from 'cli-progress';
import { Clock, type TimeSource } from './clock.js';
import { ApiProblem, type CommandError } from './errors.js';

export type Format = Parameters<typeof styleText>[0];

/** What rendering needs to know about where it will be read. */
export interface Display {
  /** Colours where they are shown; the text alone elsewhere. */
  style: (format: Format, text: string) => string;
  /** The terminal's columns; undefined where there is no terminal. */
  width: number | undefined;
  /** Whether tables show everything that they have, whatever the width is. */
  isWide: boolean;
  clock: Clock;
}

export interface OutputOptions {
  json: boolean;
  /** Whether times are in UTC, as ISO 8601. */
  utc: boolean;
  wide: boolean;
}

/** Standard output or standard error. */
export type OutputStream = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };

export class Output {
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  readonly #time: TimeSource;
  readonly #options: OutputOptions;

  constructor(
    streams: { stdout: OutputStream; stderr: OutputStream },
    time: TimeSource,
    options: OutputOptions,
  ) {
    this.#stdout = streams.stdout;
    this.#stderr = streams.stderr;
    this.#time = time;
    this.#options = options;
  }

  /** Prints a result: as JSON, or as the text of `render`, without control characters from the value. */
  result<Value>(value: Value, render: (value: Value, display: Display) => string): void {
    const text = this.#options.json
      ? printableJson(value, 2)
      : render(printable(value), this.#display());
    this.#stdout.write(`${text}\n`);
  }

  /** Prints one of several results. With `--json`, each is one line. An empty text is not printed. */
  progress<Value>(value: Value, render: (value: Value, display: Display) => string): void {
    const text = this.#options.json
      ? printableJson(value)
      : render(printable(value), this.#display());
    if (text !== '') this.#stdout.write(`${text}\n`);
  }

  /** Prints a remark, which is not part of the result. */
  remark(text: string): void {
    this.#stderr.write(`${styleOn(this.#stderr)('dim', printable(text))}\n`);
  }

  /** The stream of remarks, for questions to the person at the terminal. */
  get remarks(): OutputStream {
    return this.#stderr;
  }

  /** Shows how much of `total` is done, if remarks go to a terminal. */
  progressBar(total: number): Pick<SingleBar, 'update' | 'stop'> {
    const bar = new SingleBar({
      stream: this.#stderr,
      format: '{bar} {value} of {total} · {eta_formatted}',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      hideCursor: true,
      clearOnComplete: true,
      // Nothing is drawn where there is no terminal.
      noTTYOutput: false,
    });
    bar.start(total, 0);
    return bar;
  }

  /** Prints an error. With `--json`, it is also the document on standard output, so that a program always finds one. */
  error(error: CommandError): void {
    const style = styleOn(this.#stderr);
    this.#stderr.write(`${style('red', 'error:')} ${printable(error.message)}\n`);
    if (error instanceof ApiProblem) {
      for (const { field, detail } of printable(error.problem.errors) ?? []) {
        this.#stderr.write(`  ${style('bold', field)}: ${detail}\n`);
      }
    }
    if (this.#options.json) this.#stdout.write(`${printableJson(error, 2)}\n`);
  }

  #display(): Display {
    const { columns, isTTY } = this.#stdout;
    return {
      style: styleOn(this.#stdout),
      width: isTTY ? columns : undefined,
      isWide: this.#options.wide,
      clock: new Clock(this.#time, this.#options.utc),
    };
  }
}

/** It leaves colours out where the stream is no terminal, and where NO_COLOR is set. */
function styleOn(stream: OutputStream): Display['style'] {
  return (format, text) => styleText(format, text, { stream });
}

/**
 * The same value, with every text in it fit for a terminal. A platform's error text or a person's reason comes from elsewhere,
 * and may hold escape sequences, or characters that turn what follows around.
 */
export function printable<Value>(value: Value): Value {
  if (typeof value === 'string') {
    const text = stripVTControlCharacters(value).replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_C}]+/gu, ' ');
    return text as Value;
  }
  if (Array.isArray(value)) return value.map(printable) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, printable(each as unknown)]),
  ) as Value;
}

/** JSON escapes only some of the control characters; here, all that `printable` removes are escaped. */
function printableJson(value: unknown, space?: number): string {
  return JSON.stringify(value, undefined, space).replace(
    /[\u007F-\u009F\p{Zl}\p{Zp}\p{Bidi_C}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
