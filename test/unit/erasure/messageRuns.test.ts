/** All runs of a message are found, whatever characters its key has: Temporal compares only some of them. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { messageRuns } from '../../../src/store/eraseMessage.js';
import { asTemporalHasIt, execution } from '../listedMessages.js';
import { clientAnsweredBy, grpcError, type Call } from '../temporalService.js';

const PAGE = 3;

/** The ids that a query of workflows of messages finds. It fails where Temporal's databases compare another text than the one that stands in it. */
function foundBy(query: string, ids: readonly string[]): string[] {
  const { comparison, value } =
    /^WorkflowType = "deliverMessage"(?: AND WorkflowId (?<comparison>=|STARTS_WITH) "(?<value>.*)")?$/s.exec(
      query,
    )?.groups ?? {};
  if (value === undefined) {
    expect(query).toBe('WorkflowType = "deliverMessage"');
    return [...ids];
  }
  expect(value).toMatch(/^(?!')[^"\\?]+(?<!')$/);
  return ids.filter((id) => (comparison === '=' ? id === value : id.startsWith(value)));
}

/** @param ids of the runs that Temporal lists */
function temporalWith(ids: readonly string[]) {
  const calls: string[] = [];
  const client = clientAnsweredBy(({ method, request }: Call) => {
    if (method === 'describeWorkflowExecution') throw grpcError(5, 'workflow not found');
    expect(method).toBe('listWorkflowExecutions');
    const query = String(request.query);
    calls.push(query);
    const from = Number(Buffer.from(request.nextPageToken as Uint8Array).toString());
    const found = ids.flatMap((id, index) =>
      foundBy(query, [id]).map(() => {
        const each = execution({ id, startedMs: 1_000 });
        return { ...each, execution: { workflowId: id, runId: `run-${index}` } };
      }),
    );
    const to = from + PAGE;
    return asTemporalHasIt(method, {
      executions: found.slice(from, to),
      nextPageToken: Buffer.from(to < found.length ? String(to) : ''),
    });
  });
  return { client, calls };
}

const key = fc
  .array(fc.constantFrom(...Array.from('"\\\'?aAb é')), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join(''));

it('finds the runs of each key, and of no other', async () => {
  await fc.assert(
    fc.asyncProperty(key, fc.array(key, { maxLength: 12 }), fc.nat(5), async (id, others, at) => {
      const ids = [...others.slice(0, at), id, ...others.slice(at), id];
      const { client } = temporalWith(ids);
      const { areAll, runs } = await messageRuns(client, id);
      const expected = ids.flatMap((each, index) => (each === id ? [`run-${index}`] : []));
      expect([runs.map(({ runId }) => runId), areAll]).toEqual([expected, true]);
    }),
  );
});

it.each([
  ['disk-1', '= "disk-1"'],
  ["it's", `= "it's"`],
  ['disk "1"', 'STARTS_WITH "disk "'],
  ['build/why?', 'STARTS_WITH "build/why"'],
  ["quoted'", 'STARTS_WITH "quoted"'],
])('looks for %s as exactly as Temporal can', async (id, comparison) => {
  const { calls, client } = temporalWith([]);
  await messageRuns(client, id);
  expect(calls).toEqual([`WorkflowType = "deliverMessage" AND WorkflowId ${comparison}`]);
});

it('ends where Temporal has more and more, and says so', async () => {
  let pages = 0;
  const client = clientAnsweredBy(({ method }) => {
    if (method === 'describeWorkflowExecution') throw grpcError(5, 'workflow not found');
    pages += 1;
    const executions = [execution({ id: pages === 1 ? '"' : 'x', startedMs: 1_000 })];
    return asTemporalHasIt(method, { executions, nextPageToken: Buffer.from('more') });
  });
  const { areAll, runs } = await messageRuns(client, '"');
  expect([areAll, runs.length, pages]).toEqual([false, 1, 50]);
});
