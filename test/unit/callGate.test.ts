/** In which order calls get their turn, and which are refused. No clock is involved: a call ends when the test ends it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallGate, TooManyCalls } from '../../src/temporal/callGate.js';
import type { Line } from '../../src/temporal/fairTurns.js';

const PAGE: Line = ['page', 'person anna'];
const PROGRAM: Line = ['API', 'key ci'];
const OTHER_PROGRAM: Line = ['API', 'key grafana'];

/** A gate whose calls run until the test ends the oldest of them. */
function gateOf({ concurrent = 1, waiting = 1_000 } = {}) {
  const gate = new CallGate({ purpose: 'tests', concurrent, waiting, deadlineMs: 60_000 });
  const begun: string[] = [];
  const refused: string[] = [];
  const running: (() => void)[] = [];
  const leaving = new AbortController();
  const ask = (name: string, line: Line, signal?: AbortSignal): void => {
    const call = (): Promise<void> => {
      begun.push(name);
      return new Promise((resolve) => running.push(resolve));
    };
    const signals = [leaving.signal, signal];
    gate.run(call, { line, withinMs: 60_000, signals }).catch((error: unknown) => {
      if (error instanceof TooManyCalls) refused.push(name);
    });
  };
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    ask,
    begun,
    refused,
    running,
    settled,
    /** Ends one call after the other, until none waits. */
    async endAll(): Promise<void> {
      await settled();
      for (let end = running.shift(); end; end = running.shift()) {
        end();
        await settled();
      }
    },
    leave: () => leaving.abort(new Error('left')),
  };
}

const some = (count: number, name: string): string[] =>
  Array.from({ length: count }, (_each, index) => `${name}${index}`);

describe('a gate', () => {
  it('has a page wait for one call of programs, however many of them wait', async () => {
    const gate = gateOf();
    for (const name of some(100, 'program')) gate.ask(name, PROGRAM);
    gate.ask('page', PAGE);
    await gate.endAll();
    expect(gate.begun.slice(0, 4)).toEqual(['program0', 'program1', 'page', 'program2']);
    expect(gate.begun).toHaveLength(101);
  });

  it('has pages and programs take turns, and within each those who ask', async () => {
    const gate = gateOf();
    gate.ask('running', PROGRAM);
    for (const name of some(4, 'ci')) gate.ask(name, PROGRAM);
    for (const name of some(2, 'grafana')) gate.ask(name, OTHER_PROGRAM);
    for (const name of some(3, 'anna')) gate.ask(name, PAGE);
    gate.ask('ben0', ['page', 'person ben']);
    await gate.endAll();
    expect(gate.begun).toEqual(
      ['running', 'ci0', 'anna0', 'grafana0', 'ben0', 'ci1', 'anna1', 'grafana1', 'anna2'].concat([
        'ci2',
        'ci3',
      ]),
    );
  });

  const line = fc.tuple(
    fc.constantFrom('page', 'API', 'constructor'),
    fc.constantFrom('', 'a', 'b', '__proto__'),
  );

  it('runs every call once, those of a line in their order, and no more at once than it may', async () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: line.map((of) => ({ ask: of })) },
      { weight: 1, arbitrary: fc.constant({ ask: undefined }) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, concurrent) => {
          const gate = gateOf({ concurrent });
          const asked: { name: string; of: Line }[] = [];
          for (const { ask } of steps) {
            if (ask) {
              const name = `${asked.length}`;
              asked.push({ name, of: ask });
              gate.ask(name, ask);
            } else {
              gate.running.shift()?.();
            }
            await gate.settled();
            expect(gate.running.length).toBeLessThanOrEqual(concurrent);
          }
          await gate.endAll();
          expect([...gate.begun].sort()).toEqual(asked.map(({ name }) => name).sort());
          for (const { of } of asked) {
            const ofLine = asked
              .filter((each) => each.of.join() === of.join())
              .map(({ name }) => name);
            expect(gate.begun.filter((name) => ofLine.includes(name))).toEqual(ofLine);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('has a call wait for one of each other kind and of each other who asks, at the most', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 60 }), line, async (others, own) => {
        const gate = gateOf();
        gate.ask('running', ['page', 'a']);
        const before = others.filter((each) => each.join() !== own.join());
        before.forEach((each, index) => gate.ask(String(index), each));
        gate.ask('own', own);
        await gate.endAll();
        const waitedFor = gate.begun
          .slice(1, gate.begun.indexOf('own'))
          .map((name) => before[Number(name)]);
        const ofKind = waitedFor.filter((each) => each?.[0] === own[0]);
        // Of its own kind one of each that asks, and of each other kind one for each of these turns.
        expect(new Set(ofKind.map((each) => each?.[1])).size).toBe(ofKind.length);
        for (const kind of ['page', 'API', 'constructor'].filter((each) => each !== own[0])) {
          const ofOther = waitedFor.filter((each) => each?.[0] === kind);
          expect(ofOther.length).toBeLessThanOrEqual(ofKind.length + 1);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('refuses the last of the longest line where as many wait as may', async () => {
    const gate = gateOf({ waiting: 4 });
    gate.ask('running', PROGRAM);
    for (const name of some(3, 'ci')) gate.ask(name, PROGRAM);
    gate.ask('grafana', OTHER_PROGRAM);
    await gate.settled();
    gate.ask('ci3', PROGRAM);
    await gate.settled();
    expect(gate.refused).toEqual(['ci3']);
    gate.ask('anna0', PAGE);
    gate.ask('anna1', PAGE);
    await gate.settled();
    expect(gate.refused).toEqual(['ci3', 'ci2', 'ci1']);
    // Three pages would be more than the two programs that still wait.
    gate.ask('anna2', PAGE);
    await gate.settled();
    expect(gate.refused).toEqual(['ci3', 'ci2', 'ci1', 'anna2']);
    await gate.endAll();
    expect(gate.begun).toEqual(['running', 'ci0', 'anna0', 'grafana', 'anna1']);
  });

  it('gives the turn of one who has left to the next', async () => {
    const gate = gateOf();
    const leaving = new AbortController();
    gate.ask('running', PROGRAM);
    gate.ask('left', PAGE, leaving.signal);
    gate.ask('program', PROGRAM);
    gate.ask('page', PAGE);
    leaving.abort(new Error('left'));
    await gate.endAll();
    expect(gate.begun).toEqual(['running', 'page', 'program']);
    expect(gate.refused).toEqual([]);
  });

  it('has nothing wait any more when all have left', async () => {
    const gate = gateOf({ waiting: 2 });
    gate.ask('running', PROGRAM);
    gate.ask('program', PROGRAM);
    gate.ask('page', PAGE);
    gate.leave();
    await gate.settled();
    gate.running.shift()?.();
    await gate.settled();
    gate.ask('later', PAGE);
    await gate.settled();
    expect(gate.begun).toEqual(['running', 'later']);
  });
});
