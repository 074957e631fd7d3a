/** `sendproof.yaml` as data: read, parsed, and without what has nothing under it. */
import { readFileSync } from 'node:fs';
import { isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml';
import { ConfigurationError } from '../lib/configurationError.js';
import { decodeUtf8 } from '../lib/text.js';

export interface ConfigurationFile {
  path: string;
  content: unknown;
  /**
   * The line of the file on which a setting has this line of its text, both from 1; undefined where that can't be told, as for
   * what an alias stands for.
   */
  lineOf(setting: readonly string[], lineOfText: number): number | undefined;
}

const DEFAULT_FILE = 'sendproof.yaml';

/**
 * Reads the configuration file; undefined where none is named and there is none.
 *
 * @throws ConfigurationError of one sentence where it can't be read or is not YAML
 */
export function readConfigurationFile(named: string | undefined): ConfigurationFile | undefined {
  const path = named ?? DEFAULT_FILE;
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (named === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigurationError(
      `The configuration file ${path} can’t be read: ${whyUnreadable(error)}. Correct SENDPROOF_CONFIG or the file.`,
      { cause: error },
    );
  }
  const text = decodeUtf8(bytes);
  if (text === undefined) {
    throw new ConfigurationError(
      `The configuration file ${path} is not UTF-8: save it in this encoding.`,
    );
  }
  try {
    const lines = new LineCounter();
    const document = parse(text, lines);
    return {
      path,
      content: withoutEmpty(document.toJS({ reviver: refuseProto })) ?? {},
      lineOf: (setting, lineOfText) => lineIn(document, lines, setting, lineOfText),
    };
  } catch (error) {
    throw new ConfigurationError(
      `The configuration file ${path} is not valid YAML: ${withoutExcerpt((error as Error).message)}. Correct the file.`,
      { cause: error },
    );
  }
}

function whyUnreadable(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file (ENOENT)';
    case 'EISDIR':
      return 'it is a directory (EISDIR)';
    case 'EACCES':
      return 'this user may not read it (EACCES)';
    default:
      return message;
  }
}

/** Throws what is wrong with the text. What the parser only warns of, as a tag that it doesn't know, is wrong too. */
function parse(text: string, lineCounter: LineCounter): Document {
  const document = parseDocument(text, { lineCounter });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault?.code === 'MULTIPLE_DOCS') {
    throw new SyntaxError('it has several documents (“---”), and must have one');
  }
  if (fault) throw fault;
  refuseCycles(document);
  return document;
}

function lineIn(
  document: Document,
  lines: LineCounter,
  setting: readonly string[],
  lineOfText: number,
): number | undefined {
  const node: unknown = document.getIn(setting, true);
  if (!isScalar(node) || !node.range) return undefined;
  const { line } = lines.linePos(node.range[0]);
  // The text of a block begins below its sign. A folded one has lines of its own, so the line is the first that it can be.
  if (node.type === 'BLOCK_LITERAL') return line + lineOfText;
  return node.type === 'BLOCK_FOLDED' ? line + 1 : line;
}

/** An alias within what it stands for has no end. */
function refuseCycles(document: Document): void {
  visit(document, {
    Alias: (_key, alias, path) => {
      const target = alias.resolve(document);
      if (target !== undefined && path.includes(target)) {
        throw new TypeError(`the alias *${alias.source} is within what it stands for`);
      }
    },
  });
}

/** Schemas leave this name out in silence: a source of this name would not have its settings. */
function refuseProto(name: unknown, value: unknown): unknown {
  if (name === '__proto__') throw new TypeError('the name "__proto__" is not allowed');
  return value;
}

/** After an empty line the parser quotes the file at the line and column that it has named. */
function withoutExcerpt(message: string): string {
  const [first = ''] = message.split('\n\n');
  return first.replace(/[:.\s]+$/, '');
}

/** The maps whose keys are names that people choose: an entry with nothing under it has all defaults. */
const NAMED_ENTRIES = [
  /^\.sources$/,
  /^\.queues$/,
  /^\.events$/,
  /^\.retry$/,
  /^\.accounts\.[^.]*$/,
];

/**
 * Whether an entry with nothing under it stays, as a mistake: without it a route would take more events than was meant, a source
 * would take what anybody sends, a key could do everything, content would be kept for ever, and a template would not exist.
 */
const STAYS_EMPTY = [
  /^\.encryption\b/,
  /^\.keys\[\]\.(?:destinations|sources|rateLimit)\b/,
  /^\.rateLimit\b/,
  /^\.people\.tenants\b/,
  /^\.(?:contentRetention(?:\.after)?|sources\.[^]*\.contentRetention)$/,
  /^\.queues\.[^]*\.source$/,
  /^\.events\.[^]*\.types$/,
  /^\.(?:keys\[\]|people|sources|queues|events)\.(?:[^]*\.)?tenant$/,
  /^\.routes\[\]\.(?:match|when|mute(?:\[\])?\.except)\b/,
  /^\.sources\.[^]*\.(?:secret|bearer|basic|header|token|hmac|standardWebhooks|entra)\b/,
];
const ENTRIES_STAY = '.templates';

/** A key with nothing under it counts as absent, at every level. */
function withoutEmpty(value: unknown, path = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => withoutEmpty(each, `${path}[]`));
  if (typeof value !== 'object' || value === null) return value;
  const isNamed = NAMED_ENTRIES.some((map) => map.test(path));
  const stays = (key: string): boolean =>
    path === ENTRIES_STAY || STAYS_EMPTY.some((place) => place.test(`${path}.${key}`));
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]: [string, unknown]) => {
      if (each !== null || stays(key)) return [[key, withoutEmpty(each, `${path}.${key}`)]];
      return isNamed ? [[key, {}]] : [];
    }),
  );
}
