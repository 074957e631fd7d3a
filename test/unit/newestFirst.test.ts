/** Lists of Temporal's, the newest first, from a stand-in that orders and cuts them as Temporal does. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listNewestFirst, type PageEnd } from '../../src/store/search/newestFirst.js';
import { clientAnsweredBy } from './temporalService.js';

interface Listed {
  runId: string;
  /** Epoch milliseconds. */
  startedAt: number;
  /** Undefined while it is open. */
  closedAt: number | undefined;
}

const FROM = Date.parse('2026-11-26T12:00:00Z');

/** Open ones first, the newest first; then closed ones, those that closed last first. Of one time, by run id. */
function inTemporalsOrder(all: readonly Listed[]): Listed[] {
  const byRun = (one: Listed, other: Listed) => (one.runId < other.runId ? -1 : 1);
  const closed = ({ closedAt }: Listed) => closedAt ?? Number.MAX_SAFE_INTEGER;
  return all.toSorted(
    (one, other) =>
      closed(other) - closed(one) || other.startedAt - one.startedAt || byRun(one, other),
  );
}

function temporalWith(all: readonly Listed[]) {
  const sizes: number[] = [];
  const client = clientAnsweredBy(({ request }) => {
    const { nextPageToken, pageSize, query } = request as {
      nextPageToken?: Uint8Array;
      pageSize: number;
      query: string;
    };
    sizes.push(pageSize);
    const bound = (operator: string): number | undefined => {
      const [, time] = new RegExp(`StartTime ${operator} "([^"]+)"`).exec(query) ?? [];
      return time === undefined ? undefined : Date.parse(time);
    };
    const [last, before] = [bound('<='), bound('<')];
    const from = Math.max(
      ...[...query.matchAll(/StartTime >= "([^"]+)"/g)].map(([, time]) => Date.parse(time ?? '')),
    );
    const matching = inTemporalsOrder(all).filter(
      ({ startedAt }) =>
        (last === undefined || startedAt <= last) &&
        startedAt >= from &&
        (before === undefined || startedAt < before),
    );
    const at = nextPageToken?.length ? Number(Buffer.from(nextPageToken).toString()) : 0;
    const end = at + pageSize;
    return {
      executions: matching.slice(at, end).map(({ runId, startedAt }) => ({
        execution: { runId, workflowId: runId },
        startTime: {
          seconds: Math.floor(startedAt / 1_000),
          nanos: (startedAt % 1_000) * 1_000_000,
        },
      })),
      nextPageToken: Buffer.from(end < matching.length ? String(end) : ''),
    };
  });
  return { client, sizes };
}

/** Page after page, until there is none. */
async function listAll(all: readonly Listed[], limit: number, areOpen: boolean) {
  const { client, sizes } = temporalWith(all);
  const runs: (string | null | undefined)[] = [];
  let after: PageEnd | undefined;
  let pages = 0;
  do {
    const { end, executions } = await listNewestFirst(client, 'x', { after, areOpen, limit });
    expect(executions.length).toBeLessThanOrEqual(limit);
    runs.push(...executions.map(({ execution }) => execution?.runId));
    after = end;
    pages += 1;
  } while (after && pages <= all.length + 1);
  return { runs, pages, sizes };
}

/** Many of one moment, as of a batch. */
const listed = (closing: fc.Arbitrary<number | undefined>, most: number) =>
  fc
    .array(fc.record({ at: fc.integer({ min: 0, max: 20 }), lasted: closing }), { maxLength: most })
    .map((drawn) =>
      drawn.map(({ at, lasted }, index): Listed => {
        const startedAt = FROM + at * 700;
        const closedAt = lasted === undefined ? undefined : startedAt + lasted;
        return { runId: String((index * 370) % 997).padStart(4, '0'), startedAt, closedAt };
      }),
    );

const newestFirst = (all: readonly Listed[]): string[] =>
  all
    .toSorted((one, other) => other.startedAt - one.startedAt || (one.runId < other.runId ? 1 : -1))
    .map(({ runId }) => runId);

const limits = fc.integer({ min: 1, max: 12 });

describe('a list', () => {
  it('of open ones has each once, the newest first, however pages are cut', async () => {
    await fc.assert(
      fc.asyncProperty(listed(fc.constant(undefined), 60), limits, async (all, limit) => {
        expect((await listAll(all, limit, true)).runs).toEqual(newestFirst(all));
      }),
    );
  });

  it('of open and closed ones has each once, the newest first', async () => {
    const closing = fc.option(fc.integer({ min: 0, max: 100_000 }), { nil: undefined });
    await fc.assert(
      // More than one answer has.
      fc.asyncProperty(
        listed(closing, 450),
        fc.integer({ min: 20, max: 60 }),
        async (all, limit) => {
          expect((await listAll(all, limit, false)).runs).toEqual(newestFirst(all));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('between the ends of two pages has what lies between them, however pages are cut', async () => {
    const drawn = fc.tuple(listed(fc.constant(undefined), 60), fc.nat(59), fc.nat(59), limits);
    await fc.assert(
      fc.asyncProperty(drawn, fc.boolean(), async ([all, one, other, limit], areOpen) => {
        const { client } = temporalWith(all);
        const order = newestFirst(all);
        const [from, to] = one < other ? [one, other] : [other, one];
        const endAt = (index: number): PageEnd | undefined => {
          const found = all.find(({ runId }) => runId === order[index]);
          if (!found) return undefined;
          const startedAt = new Date(found.startedAt).toISOString().replace('Z', '000000Z');
          return { runId: found.runId, startedAt };
        };
        const until = endAt(to);
        const runs: (string | null | undefined)[] = [];
        let after = endAt(from);
        do {
          const page = await listNewestFirst(client, 'x', { after, areOpen, limit, until });
          runs.push(...page.executions.map(({ execution }) => execution?.runId));
          after = page.end;
        } while (after);
        const first = endAt(from) ? from + 1 : 0;
        expect(runs).toEqual(order.slice(first, to + 1));
      }),
    );
  });

  it('of open ones takes one call for each page, with hardly more than the page', async () => {
    const all = Array.from({ length: 500 }, (_each, index) => ({
      runId: String(index).padStart(4, '0'),
      startedAt: FROM + index,
      closedAt: undefined,
    }));
    const { pages, runs, sizes } = await listAll(all, 50, true);
    expect(runs).toEqual(newestFirst(all));
    expect(pages).toBe(10);
    expect(sizes).toEqual([51, ...Array.from({ length: 9 }, () => 52)]);
  });

  it('of thousands of closed ones asks for few hundreds at a time', async () => {
    const all = Array.from({ length: 3_000 }, (_each, index) => ({
      runId: String(index).padStart(4, '0'),
      startedAt: FROM + index * 50,
      closedAt: FROM + index * 50 + ((index * 7_919) % 5_000),
    }));
    const { client, sizes } = temporalWith(all);
    const { executions } = await listNewestFirst(client, 'x', { areOpen: false, limit: 50 });
    expect(executions.map(({ execution }) => execution?.runId)).toEqual(
      newestFirst(all).slice(0, 50),
    );
    expect(Math.max(...sizes)).toBe(200);
    expect(sizes.length).toBeLessThanOrEqual(5);
  });
});
