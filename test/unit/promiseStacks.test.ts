import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { DROP_PROMISE_STACKS } from '../../src/worker/promiseStacks.js';

const context = createContext({});
const run = (code: string): unknown => runInContext(code, context);
run(DROP_PROMISE_STACKS);

describe('in a context that drops the stack traces of promises', () => {
  it('is one line, so that the lines of a bundle stay where its source map has them', () => {
    expect(DROP_PROMISE_STACKS).not.toContain('\n');
  });

  it('an error without a message has no stack trace', () => {
    expect(run('new Error().stack')).toBeUndefined();
  });

  it.each([
    ['an error with a message', "new Error('lost')", 'Error: lost'],
    ['one that is made without new', "Error('lost')", 'Error: lost'],
    ['one with a cause', "new Error('lost', { cause: 1 })", 'Error: lost'],
    ['a built-in kind', "new TypeError('lost')", 'TypeError: lost'],
    ['a built-in kind without a message', 'new RangeError()', 'RangeError'],
    [
      'one that the engine throws',
      '(() => { try { null.x } catch (error) { return error; } })()',
      'TypeError: ',
    ],
    ['a class of our own', "new (class Lost extends Error {})('lost')", 'Error: lost'],
    ['a class of our own without a message', 'new (class Lost extends Error {})()', 'Error'],
  ])('%s has its stack trace and is an Error', (_, code, begin) => {
    const stack = String(run(`(${code}).stack`));
    expect(stack.startsWith(begin), stack).toBe(true);
    expect(stack).toContain('    at ');
  });

  it('classes and prototypes are what they were', () => {
    expect(run("new Error('a') instanceof Error && new TypeError('a') instanceof Error")).toBe(
      true,
    );
    expect(
      run("class Lost extends Error {}; const lost = new Lost('a'); lost instanceof Lost"),
    ).toBe(true);
    expect(run("Object.getPrototypeOf(new Error('a')) === Error.prototype")).toBe(true);
    expect(run("new Error('a', { cause: 1 }).cause")).toBe(1);
    expect(
      run('(() => { const at = {}; Error.captureStackTrace(at); return at.stack; })()'),
    ).toContain('    at ');
  });
});
