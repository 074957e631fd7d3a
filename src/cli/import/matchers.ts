/** Alertmanager's matchers, and what they are as `match` and `when` of a route. */
import { listIn, mapIn, type AlertmanagerFile, type Path } from './alertmanagerFile.js';

export interface Matcher {
  label: string;
  operator: '=' | '!=' | '=~' | '!~';
  value: string;
}

/** Of one route: `match`, `match_re` and `matchers`, all of which must hold. */
export function matchersOf(
  route: Record<string, unknown>,
  file: AlertmanagerFile,
  path: Path,
): Matcher[] {
  const old = (['match', 'match_re'] as const).flatMap((key) =>
    Object.entries(mapIn(route, key)).map(([label, value]): Matcher => ({
      label,
      operator: key === 'match' ? '=' : '=~',
      value: String(value),
    })),
  );
  const written = listIn(route, 'matchers').flatMap((each, index) => {
    const parsed = typeof each === 'string' ? parseMatchers(each) : undefined;
    if (parsed) return parsed;
    file.note([...path, 'matchers', index], 'is not understood; the route takes more than it did');
    return [];
  });
  return [...old, ...written];
}

const MATCHER =
  /\s*("(?:[^"\\]|\\.)*"|[\p{L}_:][\p{L}\p{N}_:.-]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^,}]*)\s*(,|$)/uy;

/** As `severity="critical", team=~"a|b"`, in braces or not. */
function parseMatchers(text: string): Matcher[] | undefined {
  const inner = text.trim().replace(/^\{(.*)\}$/s, '$1');
  const matchers: Matcher[] = [];
  MATCHER.lastIndex = 0;
  while (MATCHER.lastIndex < inner.trimEnd().length) {
    const found = MATCHER.exec(inner);
    if (!found) return undefined;
    const [, label = '', operator, value = ''] = found;
    matchers.push({
      label: unquoted(label),
      operator: operator as Matcher['operator'],
      value: unquoted(value.trim()),
    });
  }
  return matchers.length > 0 ? matchers : undefined;
}

function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  return text
    .slice(1, -1)
    .replace(/\\(.)/gs, (_all, character: string) => (character === 'n' ? '\n' : character));
}

/** An event without a label has it empty, as Alertmanager has it. */
export function asCondition({ label, operator, value }: Matcher): string {
  const name = JSON.stringify(label);
  const actual = `(${name} in event.labels ? event.labels[${name}] : "")`;
  const wanted = JSON.stringify(value);
  switch (operator) {
    case '=':
      return `${actual} == ${wanted}`;
    case '!=':
      return `${actual} != ${wanted}`;
    case '=~':
      return `${actual}.matches(${JSON.stringify(anchored(value))})`;
    case '!~':
      return `!${actual}.matches(${JSON.stringify(anchored(value))})`;
  }
}

export function allOf(matchers: readonly Matcher[]): string {
  return matchers.length === 0 ? 'true' : matchers.map(asCondition).join(' && ');
}

/** Alertmanager's expressions match the whole value. */
function anchored(value: string): string {
  return `^(?:${value})$`;
}

export interface RouteConditions {
  match: Record<string, unknown>;
  /** In CEL: what `match` can't say. */
  when: string[];
}

export function conditionsOf(matchers: readonly Matcher[]): RouteConditions {
  const match: Record<string, unknown> = {};
  const when: string[] = [];
  for (const matcher of matchers) {
    const key = `labels.${matcher.label}`;
    const pattern = patternOf(matcher);
    if (pattern === undefined || Object.hasOwn(match, key)) when.push(asCondition(matcher));
    else Object.assign(match, { [key]: pattern });
  }
  return { match, when };
}

/** Undefined where only a regular expression says it. */
function patternOf({ operator, value }: Matcher): unknown {
  const isNegated = operator.startsWith('!');
  const texts = operator.endsWith('~') ? alternatives(value) : [value];
  if (!texts || (texts.includes('') && texts.length > 1)) return undefined;
  // What isn't there is empty.
  if (texts.includes('')) return isNegated ? '*' : { not: '*' };
  const escaped = texts.map((text) => text.replace(/[\\*]/g, '\\$&'));
  const pattern = escaped.length === 1 ? escaped[0] : escaped;
  return isNegated ? { not: pattern } : pattern;
}

/** The texts of an expression that is nothing but texts, as `a|b`. */
function alternatives(expression: string): string[] | undefined {
  const inner = /^\((?:\?:)?([^()]*)\)$/.exec(expression)?.[1] ?? expression;
  return /^[\p{L}\p{N}_\- /:@,|]*$/u.test(inner) ? inner.split('|') : undefined;
}
