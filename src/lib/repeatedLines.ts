/**
 * Warnings and errors that repeat are counted instead of repeated: the first is logged at once, and later ones as one line with their
 * number. Lines are the same if they differ in nothing but numbers, ids and times. A line that names a message is never counted.
 */
import { own } from './own.js';

/** How long the same line is counted before its number is logged. */
const WINDOW_MS = 10_000;

/** Different lines that are counted at once. More are logged as they come. */
const MOST_KINDS = 500;

/** Fields that say which kind a line is of. The rest, as a key or a trace id, differs from line to line. */
const TELLING = ['operation', 'problem', 'status', 'platform', 'reason', 'destination', 'account'];

interface Kind {
  repeated: number;
  timer: NodeJS.Timeout;
}

export class RepeatedLines {
  readonly #kinds = new Map<string, Kind>();
  readonly #windowMs: number;

  constructor(windowMs = WINDOW_MS) {
    this.#windowMs = windowMs;
  }

  /**
   * Writes a line, or counts it if it repeats one.
   *
   * @param line the arguments of the logger's method
   * @param write logs them; called again at the end of the window if the line was repeated
   */
  log(line: readonly unknown[], level: number, write: (line: unknown[]) => void): void {
    // The record of one message: each is wanted.
    if (partsOf(line).fields.deduplicationKey !== undefined) {
      write([...line]);
      return;
    }
    const key = keyOf(line, level);
    const known = this.#kinds.get(key);
    if (known) {
      known.repeated += 1;
      return;
    }
    write([...line]);
    if (this.#kinds.size >= MOST_KINDS) return;
    const timer = setTimeout(() => this.#end(key, line, write), this.#windowMs);
    // It must not keep a process alive; what is counted then is lost with it.
    timer.unref();
    this.#kinds.set(key, { repeated: 0, timer });
  }

  #end(key: string, line: readonly unknown[], write: (line: unknown[]) => void): void {
    const { repeated = 0 } = this.#kinds.get(key) ?? {};
    this.#kinds.delete(key);
    if (repeated === 0) return;
    const { fields, message } = partsOf(line);
    const times = `repeated ${repeated.toLocaleString('en')} times in ${this.#windowMs / 1_000} s`;
    write([{ ...fields, repeated }, `${message} (${times})`]);
    // The same line is counted on, so that a storm is one line in each window.
    const timer = setTimeout(() => this.#end(key, line, write), this.#windowMs);
    timer.unref();
    this.#kinds.set(key, { repeated: 0, timer });
  }
}

function partsOf(line: readonly unknown[]): { fields: Record<string, unknown>; message: string } {
  const [first, second] = line;
  if (typeof first === 'string') return { fields: {}, message: first };
  const fields =
    first instanceof Error ? { err: first } : ((first ?? {}) as Record<string, unknown>);
  return { fields, message: typeof second === 'string' ? second : '' };
}

function keyOf(line: readonly unknown[], level: number): string {
  const { fields, message } = partsOf(line);
  const telling = TELLING.map((name) => stringOf(own(fields, name)));
  const causes = [fields.err, fields.temporal].map(describeCause);
  return JSON.stringify([level, general(message), ...telling, ...causes]);
}

/** Of an error: types and messages of it and its causes. Of the words of Temporal: all of them. */
function describeCause(cause: unknown): string {
  if (cause instanceof Error) {
    return `${cause.name}: ${general(cause.message)}\n${describeCause(cause.cause)}`;
  }
  return general(stringOf(cause));
}

function stringOf(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value);
  } catch {
    // It refers to itself.
    return '';
  }
}

/** Without what differs between two lines of one kind: hex ids, numbers, and so times. */
function general(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, '#')
    .replaceAll(/\b(?=\w*\d)[0-9a-f]{8,}\b/gi, '#')
    .replaceAll(/\d+/g, '#');
}
