/** `when:` of a route: an expression in CEL, the Common Expression Language, over the fields of the event. */
import { Environment, EvaluationError, ParseError, type ASTNode } from '@marcbachmann/cel-js';
import type { SourceEvent } from '../domain/event.js';
import { nearest } from '../lib/nearest.js';
import { BoundsFault, EvaluationBounds } from './evaluationBounds.js';
import { LinearPatterns, PatternFault } from './linearMatches.js';

/** A condition can't be used; the message says why. */
export class ConditionFault extends Error {
  override readonly name = 'ConditionFault';
}

/** What an event has in a condition. A text that it doesn't have is empty. */
const TEXTS = [
  'key',
  'source',
  'reference',
  'conversation',
  'state',
  'severity',
  'title',
  'text',
  'summary',
  'url',
] as const;

const FIELDS: Record<string, string> = {
  ...Object.fromEntries(TEXTS.map((name) => [name, 'string'])),
  occurredAt: 'google.protobuf.Timestamp',
  isReminder: 'bool',
  labels: 'map<string, string>',
  raw: 'dyn',
};

/** The name of our own `matches` in the expression that is evaluated: the library's can't be replaced. */
const LINEAR_MATCHES = 'matchesInLinearTime';
/** In the same way, the names of what bounds a loop, another step, and what `+` reads. */
const ELEMENTS = 'elementsInTime';
const OPERAND = 'operandInTime';
const SUMMAND = 'summandInBounds';
const OWN_FUNCTIONS = [LINEAR_MATCHES, ELEMENTS, OPERAND, SUMMAND];

/** The event as CEL sees it, made once for all routes. */
class EventValue {
  [field: string]: unknown;

  constructor(fields: Record<string, unknown>) {
    Object.assign(this, fields);
  }
}

const LONGEST_EXPRESSION = 4_000;
const LIMITS = { maxAstNodes: 1_000, maxDepth: 50, maxListElements: 500 };

/** They evaluate a part of the expression for each element of a list or map. */
const LOOPS = ['all', 'exists', 'exists_one', 'filter', 'map'];

/** What a step may read that has no value of its own in the expression. */
const READ = ['id', '.', '[]', 'call', 'rcall', '?:'];

/** What takes next to no time however long the text is. `matches` has a bound of its own. */
const QUICK = ['contains', 'startsWith', 'endsWith', 'indexOf', 'lastIndexOf', 'matches'];

/** What joins the texts of a list may be so long. */
const LONGEST_SEPARATOR = 20;

function newEnvironment(patterns: LinearPatterns, bounds: EvaluationBounds): Environment {
  return new Environment({ limits: LIMITS })
    .registerFunction(`string.${LINEAR_MATCHES}(string): bool`, (text: string, pattern: string) =>
      patterns.test(text, pattern),
    )
    .registerFunction(`dyn.${ELEMENTS}(): dyn`, (elements: unknown) => bounds.elements(elements))
    .registerFunction(`dyn.${OPERAND}(): dyn`, (value: unknown) => bounds.operand(value))
    .registerFunction(`dyn.${SUMMAND}(int): dyn`, (value: unknown, times: bigint) =>
      bounds.summand(value, Number(times)),
    )
    .registerType('Event', { ctor: EventValue, fields: FIELDS })
    .registerVariable('event', 'Event');
}

/**
 * Says why an event doesn't meet the condition; undefined where it does. An error of the evaluation, as a label that the event
 * doesn't have, is such a reason: it never throws.
 */
export type WhenCheck = (event: SourceEvent) => string | undefined;

/** @throws ConditionFault that names the mistake, its column, and what was probably meant */
export function compileCondition(expression: string): WhenCheck {
  if (expression.length > LONGEST_EXPRESSION) {
    throw new ConditionFault(
      `is longer than ${LONGEST_EXPRESSION.toLocaleString('en')} characters`,
    );
  }
  const patterns = new LinearPatterns();
  const bounds = new EvaluationBounds();
  const environment = newEnvironment(patterns, bounds);
  const ast = parsed(environment, expression);
  const evaluate = environment.parse(withOwnFunctions(ast, expression, patterns));
  return (event) => {
    patterns.beginEvaluation();
    bounds.beginEvaluation();
    try {
      const result: unknown = evaluate({ event: asValue(event) });
      if (result === true) return undefined;
      return result === false ? 'when is false' : 'when is neither true nor false';
    } catch (error) {
      return `when can’t be evaluated: ${whyNot(error)}`;
    }
  };
}

/** @throws ConditionFault where it is no expression, or its types are wrong */
function parsed(environment: Environment, expression: string): ASTNode {
  let result: ReturnType<Environment['parse']>;
  try {
    result = environment.parse(expression);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new ConditionFault(`${inSentence(error.summary)}${place(error.range)}`, { cause: error });
  }
  const { error, type = '', valid } = result.check();
  if (!valid) {
    const fault = inSentence(error?.summary ?? 'is not valid');
    const meant = error && whatWasMeant(error.code, expression, error.range, environment);
    throw new ConditionFault(`${fault}${place(error?.range)}${meant ?? ''}`, { cause: error });
  }
  if (type !== 'bool' && type !== 'dyn') {
    throw new ConditionFault(`must be true or false, and this is ${type}`);
  }
  return result.ast;
}

/** As ` (column 7)`. */
function place(range: { start: number } | undefined): string {
  return range ? ` (column ${range.start + 1})` : '';
}

function inSentence(summary: string): string {
  return summary.charAt(0).toLowerCase() + summary.slice(1);
}

function whatWasMeant(
  code: string,
  expression: string,
  range: { start: number; end: number } | undefined,
  environment: Environment,
): string | undefined {
  const text = expression.slice(range?.start, range?.end);
  const fields = Object.keys(FIELDS);
  switch (code) {
    case 'no_such_key':
      return suggestion(nearest(text, fields), `an event has ${fields.join(', ')}`);
    case 'unknown_variable': {
      const field = nearest(text, fields);
      const variable = nearest(text, ['event']);
      return suggestion(variable ?? (field && `event.${field}`), 'all fields begin with "event."');
    }
    case 'no_matching_overload': {
      const called = /([A-Za-z_]+)\s*\([^(]*\)$/s.exec(text)?.[1] ?? '';
      const names = environment.getDefinitions().functions.map(({ name }) => name);
      if (names.includes(called)) return undefined;
      return suggestion(
        nearest(
          called,
          names.filter((name) => !OWN_FUNCTIONS.includes(name)),
        ),
        undefined,
      );
    }
    default:
      return undefined;
  }
}

function suggestion(meant: string | undefined, otherwise: string | undefined): string | undefined {
  if (meant !== undefined) return `; did you mean "${meant}"?`;
  return otherwise && `; ${otherwise}`;
}

/**
 * The expression with our own functions in place of the library's: `matches` without backtracking, and `has` of a text field,
 * which means that it isn't empty.
 *
 * @throws ConditionFault where it has what could take long
 */
function withOwnFunctions(ast: ASTNode, expression: string, patterns: LinearPatterns): string {
  const edits: { start: number; end: number; text: string }[] = [];
  const additions = countAdditions(ast);
  // Within the brackets that may be around it: the next closing one may also be that of a call or of what reads it.
  const bound = (node: ASTNode, by: string): void => {
    if (node.op === '?:') {
      for (const part of node.args.slice(1)) bound(part, by);
    } else if (READ.includes(node.op)) {
      edits.push({ start: node.range.end, end: node.range.end, text: by });
    }
  };
  const visit = (node: ASTNode, isInLoop: boolean): void => {
    if (node.op === 'rcall') {
      const [name, receiver, given] = node.args;
      const isLoop = LOOPS.includes(name);
      if (isLoop && isInLoop) {
        throw new ConditionFault(`has ${name}() within another loop${place(node.range)}`);
      }
      if (isLoop) {
        const from = endWithBrackets(expression, receiver.range.end);
        edits.push({ start: from, end: from, text: `.${ELEMENTS}()` });
      } else if (!QUICK.includes(name)) bound(receiver, `.${OPERAND}()`);
      // Each could double what the one around it has.
      if (name === 'bind') throw new ConditionFault(`has cel.bind()${place(node.range)}`);
      if (name === 'join') assertShortSeparator(given[0], node);
      if (name === 'matches') {
        addPattern(patterns, given[0]);
        const from = expression.indexOf('matches', receiver.range.end);
        edits.push({ start: from, end: from + 'matches'.length, text: LINEAR_MATCHES });
      }
      visit(receiver, isInLoop);
      for (const each of given) visit(each, isInLoop || isLoop);
      return;
    }
    if (node.op === 'call' && node.args[0] === 'has') {
      const [field] = node.args[1];
      if (field && isTextField(field)) {
        edits.push({
          ...node.range,
          text: `(${expression.slice(field.range.start, field.range.end)} != "")`,
        });
      }
      return;
    }
    const children = childrenOf(node.args);
    if (node.op === '+') for (const each of children) bound(each, `.${SUMMAND}(${additions})`);
    if (node.op === 'call') for (const each of children) bound(each, `.${OPERAND}()`);
    if (COMPARISONS.includes(node.op) && children.every(({ op }) => READ.includes(op))) {
      for (const each of children.slice(1)) bound(each, `.${OPERAND}()`);
    }
    for (const child of children) visit(child, isInLoop);
  };
  visit(ast, false);
  return edits
    .sort((one, other) => other.start - one.start)
    .reduce(
      (text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end),
      expression,
    );
}

/** They may compare long lists, element by element. */
const COMPARISONS = ['==', '!=', 'in'];

function countAdditions(node: ASTNode): number {
  return childrenOf(node.args).reduce(
    (sum, child) => sum + countAdditions(child),
    node.op === '+' ? 1 : 0,
  );
}

function assertShortSeparator(separator: ASTNode | undefined, at: ASTNode): void {
  if (!separator) return;
  const { args, op } = separator;
  if (op === 'value' && typeof args === 'string' && args.length <= LONGEST_SEPARATOR) return;
  throw new ConditionFault(
    `has join() with something else than a text in quotes of at most ${LONGEST_SEPARATOR} characters${place(at.range)}`,
  );
}

/** The range of a part of an expression leaves out the brackets around it. */
function endWithBrackets(expression: string, end: number): number {
  const rest = /^(?:[\s)]|\/\/[^\n]*\n)*/.exec(expression.slice(end));
  return end + (rest?.[0].length ?? 0);
}

function addPattern(patterns: LinearPatterns, node: ASTNode | undefined): void {
  if (node?.op !== 'value' || typeof node.args !== 'string') {
    throw new ConditionFault(
      `has matches() with something else than a text in quotes${place(node?.range)}`,
    );
  }
  try {
    patterns.add(node.args);
  } catch (error) {
    if (!(error instanceof PatternFault)) throw error;
    throw new ConditionFault(`${error.message}${place(node.range)}`, { cause: error });
  }
}

function isTextField(node: ASTNode): boolean {
  if (node.op !== '.') return false;
  const [object, name] = node.args;
  return object.op === 'id' && object.args === 'event' && TEXTS.some((each) => each === name);
}

function childrenOf(args: unknown): ASTNode[] {
  if (!Array.isArray(args)) return isNode(args) ? [args] : [];
  return args.flatMap((each) => childrenOf(each));
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value;
}

const values = new WeakMap<SourceEvent, EventValue>();

function asValue(event: SourceEvent): EventValue {
  const known = values.get(event);
  if (known) return known;
  const happened = new Date(event.occurredAt ?? Date.now());
  const value = new EventValue({
    ...Object.fromEntries(TEXTS.map((name) => [name, event[name] ?? ''])),
    summary: event.summary ?? event.title,
    occurredAt: Number.isNaN(happened.getTime()) ? new Date() : happened,
    isReminder: event.isReminder ?? false,
    labels: event.labels,
    raw: event.raw ?? {},
  });
  values.set(event, value);
  return value;
}

function whyNot(error: unknown): string {
  if (error instanceof PatternFault) return error.message;
  if (error instanceof BoundsFault) return error.message;
  return error instanceof EvaluationError ? inSentence(error.summary) : 'an unexpected error';
}
