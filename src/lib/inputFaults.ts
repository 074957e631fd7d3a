/** What is wrong with an input that a schema refuses, in words about the field and its remedy: error maps for zod. */
import { z } from 'zod';
import { shortenText } from './cutText.js';
import { nearest } from './nearest.js';
import { own } from './own.js';

export interface FaultWords {
  /** What the input's writer calls a name in it: `setting` in a configuration, `field` in a request. */
  name: string;
  /** Names beside those of the schema, which something else parses. */
  also?: readonly string[];
}

/**
 * For a parse. A schema's own messages come before these. They never quote a value, which may be a secret in the wrong place,
 * but name the one that was meant, or those that there are.
 */
export function inputFaults(words: FaultWords): z.core.$ZodErrorMap {
  return (issue) => {
    switch (issue.code) {
      case 'invalid_type':
        return wrongType(issue);
      case 'invalid_value':
        return wrongValue(issue);
      case 'unrecognized_keys':
        return unknownNames(issue, words);
      case 'too_small':
        return outOfBounds(issue, issue.minimum, 'at least');
      case 'too_big':
        return outOfBounds(issue, issue.maximum, 'at most');
      case 'invalid_union':
        return noneOfTheForms(issue);
      case 'invalid_key':
        return issue.issues[0]?.message;
      default:
        return undefined;
    }
  };
}

type Raw<Issue extends z.core.$ZodIssueBase> = z.core.$ZodRawIssue<Issue>;

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function kindNamed(expected: string): string {
  return own(KINDS, expected) ?? expected;
}

function kindOf(input: unknown): string {
  if (input === null) return 'nothing';
  return kindNamed(Array.isArray(input) ? 'array' : typeof input);
}

function wrongType(issue: Raw<z.core.$ZodIssueInvalidType>): string {
  const { expected, input } = issue;
  if (input === undefined) return 'is required';
  const needed = `must be ${kindNamed(expected)}${exampleOf(issue.inst)}`;
  if (expected === 'string' && ['number', 'boolean'].includes(typeof input)) {
    return `${needed}: put it in quotes`;
  }
  if (expected === 'boolean' && typeof input === 'string') {
    return `${needed}, without quotes`;
  }
  return kindOf(input) === kindNamed(expected) ? needed : `${needed}, and this is ${kindOf(input)}`;
}

/** As `, as ["slack:default/C0123ABC"]`. */
function exampleOf(schema: unknown): string {
  if (!(schema instanceof z.ZodType)) return '';
  const examples: unknown = schema.meta()?.examples;
  const example: unknown = Array.isArray(examples) ? examples[0] : undefined;
  return example === undefined ? '' : `, as ${JSON.stringify(example)}`;
}

function wrongValue({ input, values }: Raw<z.core.$ZodIssueInvalidValue>): string {
  if (input === undefined) return 'is required';
  const texts = values.map(String);
  const meant = typeof input === 'string' ? nearest(input, texts) : undefined;
  const needed = `must be ${texts.length > 1 ? 'one of ' : ''}${texts.join(', ')}`;
  return meant === undefined ? needed : `${needed}; did you mean "${meant}"?`;
}

/** Of unknown names. An answer must not grow with what it refuses. */
const MOST_NAMES = 10;
const LONGEST_NAME = 100;

function unknownNames(
  { inst, keys }: Raw<z.core.$ZodIssueUnrecognizedKeys>,
  { also = [], name }: FaultWords,
): string {
  const own = inst instanceof z.ZodObject ? Object.keys(inst.shape) : [];
  const known = [...own, ...also];
  const named = keys.slice(0, MOST_NAMES).map((key) => {
    const meant = nearest(key, known);
    const remedy = meant === undefined ? `use ${known.join(', ')}` : `did you mean "${meant}"?`;
    return `there is no ${name} "${shortenText(key, LONGEST_NAME)}"; ${remedy}`;
  });
  const more = keys.length - named.length;
  return [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

const UNITS: Readonly<Record<string, readonly [one: string, several: string]>> = {
  string: ['character', 'characters'],
  array: ['entry', 'entries'],
  set: ['entry', 'entries'],
  map: ['entry', 'entries'],
};

function outOfBounds(
  { inclusive, origin }: Raw<z.core.$ZodIssueTooSmall> | Raw<z.core.$ZodIssueTooBig>,
  bound: number | bigint,
  side: 'at least' | 'at most',
): string {
  const amount = bound.toLocaleString('en');
  const unit = own(UNITS, origin);
  if (!unit) return `must be ${inclusive === false ? WITHOUT_BOUND[side] : side} ${amount}`;
  return `must have ${side} ${amount} ${Number(bound) === 1 ? unit[0] : unit[1]}`;
}

const WITHOUT_BOUND = { 'at least': 'more than', 'at most': 'less than' } as const;

/** Where a field may be a text or a map: which of these it must be. Other forms have messages of their own. */
function noneOfTheForms({ errors, input }: Raw<z.core.$ZodIssueInvalidUnion>): string | undefined {
  if (input === undefined) return 'is required';
  const kinds = errors.map(([first]) =>
    first?.code === 'invalid_type' && first.path.length === 0
      ? kindNamed(first.expected)
      : undefined,
  );
  if (kinds.length === 0 || kinds.includes(undefined)) return undefined;
  return `must be ${[...new Set(kinds)].join(' or ')}, and this is ${kindOf(input)}`;
}

/** For a field with several allowed forms: the issues of the form that the value's type matches. */
export function relevantIssues(
  issue: z.core.$ZodIssue,
): Pick<z.core.$ZodIssue, 'path' | 'message'>[] {
  if (issue.code !== 'invalid_union') return [issue];
  const ofItsType = issue.errors.filter(
    ([first]) => !(first?.code === 'invalid_type' && first.path.length === 0),
  );
  const meant =
    ofItsType.find((issues) => issues.every(({ path }) => path.length > 0)) ??
    // An object with a field that isn't known, beside what else is wrong with it.
    ofItsType.find((issues) => issues.some(({ code }) => code === 'unrecognized_keys')) ??
    (ofItsType.length === 1 ? ofItsType[0] : undefined);
  if (!meant) return [issue];
  return meant
    .flatMap(relevantIssues)
    .map(({ path, message }) => ({ path: [...issue.path, ...path], message }));
}
