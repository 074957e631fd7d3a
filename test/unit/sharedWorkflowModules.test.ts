/**
 * All workflows of a worker share one copy of these modules (`preloadModules` in src/worker/bundleWorkflows.ts): what a module
 * remembered of one workflow, another would see, and a replay would not. So none may have a variable, or a constant that changes.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const SOURCES = resolve(import.meta.dirname, '../../src');
const SHARED = ['workflows/index.ts', 'workflows/tracing/interceptors.ts'];

const CHANGING = new Set([
  ...['add', 'clear', 'copyWithin', 'delete', 'fill', 'pop', 'push', 'reverse', 'set', 'shift'],
  ...['sort', 'splice', 'unshift'],
  // Of a regular expression with the flag g or y, which remembers where it was.
  ...['exec', 'test'],
]);

function parsed(file: string, text: string): ts.SourceFile {
  return ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
}

/** These modules and all that they load. */
function loadedBy(files: readonly string[], seen = new Map<string, ts.SourceFile>()) {
  for (const file of files) {
    if (seen.has(file)) continue;
    const source = parsed(file, readFileSync(file, 'utf8'));
    seen.set(file, source);
    const loaded = source.statements
      .filter((statement) => ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement))
      .filter((statement) => !isOfTypes(statement))
      .map(({ moduleSpecifier }) => (moduleSpecifier as ts.StringLiteral | undefined)?.text ?? '')
      .filter((name) => name.startsWith('.'))
      .map((name) => join(dirname(file), name.replace(/\.js$/, '.ts')));
    loadedBy(loaded, seen);
  }
  return seen;
}

function isOfTypes(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(statement)) return statement.isTypeOnly;
  const clause = statement.importClause;
  if (!clause) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const named = clause.namedBindings;
  if (clause.name || !named || !ts.isNamedImports(named)) return false;
  return named.elements.every(({ isTypeOnly }) => isTypeOnly);
}

/** What of a module may differ after a workflow has run, each as its source text. */
function stateOf(source: ts.SourceFile): string[] {
  const found: string[] = [];
  const constants = new Map<string, ts.Expression | undefined>();
  for (const statement of source.statements) {
    if (ts.isClassDeclaration(statement) || ts.isFunctionDeclaration(statement)) {
      if (statement.name) constants.set(statement.name.text, undefined);
    }
    if (ts.isImportDeclaration(statement)) {
      const named = statement.importClause?.namedBindings;
      if (!named || !ts.isNamedImports(named)) continue;
      for (const { name } of named.elements) constants.set(name.text, undefined);
    }
    if (!ts.isVariableStatement(statement)) continue;
    const { declarations, flags } = statement.declarationList;
    const exported = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    const regExp = declarations.some(({ initializer }) => remembersWhere(initializer));
    if (!(flags & ts.NodeFlags.Const) || (exported && regExp)) found.push(statement.getText());
    for (const { name, initializer } of declarations) {
      if (ts.isIdentifier(name)) constants.set(name.text, initializer);
    }
  }
  const changes = (node: ts.Node): void => {
    const changed = changedBy(node);
    const name = changed && rootOf(changed);
    if (name !== undefined && constants.has(name) && !isHarmless(node, constants.get(name))) {
      found.push(node.getText());
    }
    ts.forEachChild(node, changes);
  };
  changes(source);
  return found;
}

/** The expression whose value this one changes. */
function changedBy(node: ts.Node): ts.Expression | undefined {
  if (ts.isBinaryExpression(node)) {
    const { FirstAssignment, LastAssignment } = ts.SyntaxKind;
    const { kind } = node.operatorToken;
    return kind >= FirstAssignment && kind <= LastAssignment ? node.left : undefined;
  }
  if (ts.isPostfixUnaryExpression(node)) return node.operand;
  if (ts.isPrefixUnaryExpression(node)) {
    const { MinusMinusToken, PlusPlusToken } = ts.SyntaxKind;
    const counts = node.operator === PlusPlusToken || node.operator === MinusMinusToken;
    return counts ? node.operand : undefined;
  }
  if (ts.isDeleteExpression(node)) return node.expression;
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression))
    return undefined;
  const { expression, name } = node.expression;
  const assigned = expression.getText() === 'Object' && name.text.startsWith('assign');
  if (assigned) return node.arguments[0];
  return CHANGING.has(name.text) ? expression : undefined;
}

function rootOf(expression: ts.Expression): string | undefined {
  if (ts.isIdentifier(expression)) return expression.text;
  if (
    ts.isPropertyAccessExpression(expression) ||
    ts.isElementAccessExpression(expression) ||
    ts.isNonNullExpression(expression)
  ) {
    return rootOf(expression.expression);
  }
  return undefined;
}

/** A regular expression without g and y remembers nothing. One with them is not exported: so what is imported has none. */
function isHarmless(node: ts.Node, constant: ts.Expression | undefined): boolean {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  if (constant) return ts.isRegularExpressionLiteral(constant) && !remembersWhere(constant);
  return ['exec', 'test'].includes(node.expression.name.text);
}

function remembersWhere(initializer: ts.Expression | undefined): boolean {
  return (
    initializer !== undefined &&
    ts.isRegularExpressionLiteral(initializer) &&
    /[gy][a-z]*$/.test(initializer.text)
  );
}

const modules = loadedBy(SHARED.map((file) => join(SOURCES, file)));

it('are all found', () => {
  const names = [...modules.keys()].map((file) => relative(SOURCES, file));
  expect(names).toEqual(
    expect.arrayContaining([
      ...SHARED,
      'workflows/message/deliverMessage.ts',
      'domain/delivery.ts',
      'lib/cutText.ts',
    ]),
  );
});

it('remember nothing', () => {
  const found = [...modules].flatMap(([file, source]) =>
    stateOf(source).map((state) => `${relative(SOURCES, file)}: ${state}`),
  );
  expect(found).toEqual([]);
});

describe('what would remember is found', () => {
  it.each([
    'let count = 0;',
    'export let last: string | undefined;',
    'var seen = 0;',
    'const seen = new Set<string>(); export const see = (id: string) => { seen.add(id); };',
    'const byId = new Map<string, number>(); export function note(id: string) { byId.set(id, 1); }',
    'const list: string[] = []; export const add = (each: string) => list.push(each);',
    'const state = { count: 0 }; export const next = () => (state.count += 1);',
    'const state = { count: 0 }; export const next = () => state.count++;',
    'const state = { count: 0 }; export const next = () => --state.count;',
    'const table: Record<string, number> = {}; export const put = (k: string) => { table[k] = 1; };',
    'const table: Record<string, number> = {}; export const drop = (k: string) => delete table[k];',
    'const state = { a: { list: [1] } }; export const sort = () => state.a.list.sort();',
    'const state = {}; export const take = (more: object) => Object.assign(state, more);',
    'class Seen { static count = 0; } export const next = () => (Seen.count += 1);',
    'export function next() { return (next.count += 1); }',
    'import { table } from "./table.js"; export const put = (k: string) => { table[k] = 1; };',
    'export const WORD = /a/g;',
    'const WORD = /a/g; export const has = (text: string) => WORD.test(text);',
  ])('%s', (text) => {
    expect(stateOf(parsed('module.ts', text))).toHaveLength(1);
  });

  it.each([
    'const LIMIT = 5; export const over = (count: number) => count > LIMIT;',
    'const WORD = /a/; export const has = (text: string) => WORD.test(text);',
    'import { WORD } from "./word.js"; export const has = (text: string) => WORD.test(text);',
    'const WORDS = /a/g; export const without = (text: string) => text.replaceAll(WORDS, "");',
    'export function count() { let sum = 0; const list = []; list.push(sum += 1); return list; }',
  ])('and not %s', (text) => {
    expect(stateOf(parsed('module.ts', text))).toEqual([]);
  });
});
