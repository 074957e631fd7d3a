import { ServiceError, WithStartWorkflowOperation, type Client } from '@temporalio/client';
import { describe, expect, it, vi } from 'vitest';
import { Problem } from '../../src/api/problem.js';
import { problemOf } from '../../src/api/problemOf.js';
import { boundedClients } from '../../src/api/boundedClients.js';
import { boundedClient, NoAnswerInTime } from '../../src/temporal/boundedClient.js';
import { TooManyCalls } from '../../src/temporal/callGate.js';
import { inLine } from '../../src/temporal/inLine.js';
import { clientAnsweredBy, type Call } from './temporalService.js';

const BOUNDS = { purpose: 'tests', concurrent: 100, waiting: 400, deadlineMs: 8_000 };
const LIST = { namespace: 'test' };

describe('a bounded client', () => {
  it('runs a bounded number of calls at once, lets some wait, and refuses more with 503', async () => {
    let running = 0;
    let most = 0;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const answer = async (): Promise<string> => {
      running += 1;
      most = Math.max(most, running);
      await released;
      running -= 1;
      return 'done';
    };
    const client = boundedClient(clientAnsweredBy(answer), BOUNDS);
    const call = () => client.workflowService.listWorkflowExecutions(LIST) as Promise<unknown>;

    const outcomes = Array.from({ length: 1_000 }, () =>
      call().catch((error: unknown) => problemOf(error)),
    );
    release();
    const settled = await Promise.all(outcomes);
    const refused = settled.filter((outcome): outcome is Problem => outcome instanceof Problem);

    expect(most).toBeLessThanOrEqual(100);
    expect(refused.length).toBeGreaterThanOrEqual(400);
    expect(settled.filter((outcome) => outcome === 'done')).toHaveLength(1_000 - refused.length);
    expect(refused[0]).toMatchObject({ type: 'overloaded', status: 503 });
    expect(refused[0]?.retryAfterSeconds).toBeGreaterThan(0);
    expect(await call()).toBe('done');
  });

  it('has what Temporal’s side throws answered with 503, and passes the rest on', async () => {
    const failing = (error: Error) =>
      boundedClient(
        clientAnsweredBy(() => Promise.reject(error)),
        BOUNDS,
      ).workflowService.listWorkflowExecutions(LIST);
    const away = await failing(new ServiceError('away')).catch((error: unknown) => error);
    expect(problemOf(away)).toMatchObject({ type: 'temporal_unavailable', status: 503 });
    await expect(failing(new TypeError('ours'))).rejects.toThrow(TypeError);
  });

  it.each<[string, string[], (client: Client) => Promise<unknown>]>([
    [
      'start',
      ['startWorkflowExecution'],
      ({ workflow }) => workflow.start('x', { workflowId: 'x', taskQueue: 'x' }),
    ],
    [
      'describe',
      ['describeWorkflowExecution'],
      ({ workflow }) => workflow.getHandle('x').describe(),
    ],
    [
      'fetchHistory',
      ['getWorkflowExecutionHistory'],
      ({ workflow }) => workflow.getHandle('x').fetchHistory(),
    ],
    ['count', ['countWorkflowExecutions'], ({ workflow }) => workflow.count('')],
    ['signal', ['signalWorkflowExecution'], ({ workflow }) => workflow.getHandle('x').signal('x')],
    ['query', ['queryWorkflow'], ({ workflow }) => workflow.getHandle('x').query('x')],
    [
      'executeUpdateWithStart',
      ['executeMultiOperation'],
      ({ workflow }) => {
        const startWorkflowOperation = new WithStartWorkflowOperation('x', {
          workflowId: 'x',
          taskQueue: 'x',
          workflowIdConflictPolicy: 'USE_EXISTING',
        });
        return workflow.executeUpdateWithStart('x', { startWorkflowOperation });
      },
    ],
    [
      'list',
      ['listWorkflowExecutions', 'listWorkflowExecutions', 'listWorkflowExecutions'],
      async ({ workflow }) => {
        for await (const { workflowId } of workflow.list()) throw new Error(workflowId);
      },
    ],
    [
      'the service of the connection',
      ['describeNamespace'],
      ({ connection }) => connection.workflowService.describeNamespace(LIST),
    ],
    [
      'the operator service',
      ['listSearchAttributes'],
      ({ connection }) => connection.operatorService.listSearchAttributes(LIST),
    ],
  ])('keeps its bounds in %s, for each call', async (_, methods, use) => {
    const calls: Call[] = [];
    const unbounded = clientAnsweredBy((call) => {
      calls.push(call);
      // Two pages with none, and then a failure.
      if (call.method === 'listWorkflowExecutions' && calls.length < 3) {
        return { executions: [], nextPageToken: Buffer.from('more') };
      }
      throw new TypeError('enough');
    });
    const from = Date.now();
    await expect(use(boundedClient(unbounded, BOUNDS))).rejects.toThrow();
    expect(calls.map(({ method }) => method)).toEqual(methods);
    for (const { deadline } of calls) {
      expect(deadline).toBeGreaterThanOrEqual(from + BOUNDS.deadlineMs);
      expect(deadline).toBeLessThanOrEqual(Date.now() + BOUNDS.deadlineMs);
    }

    const full = boundedClient(unbounded, { ...BOUNDS, concurrent: 0, waiting: 0 });
    const refusal = await use(full).catch((error: unknown) => problemOf(error));
    expect(refusal).toMatchObject({ type: 'overloaded' });
    expect(calls).toHaveLength(methods.length);
  });

  it('ends a call at its deadline on a connection that ignores deadlines', async () => {
    const silent = boundedClient(
      clientAnsweredBy(() => new Promise(() => undefined)),
      { ...BOUNDS, concurrent: 1, deadlineMs: 20 },
    );
    const list = () => silent.workflowService.listWorkflowExecutions(LIST) as Promise<unknown>;
    const outcomes = await Promise.allSettled([list(), list()]);
    const problems = outcomes.map((each) => each.status === 'rejected' && problemOf(each.reason));
    // The second one’s turn came too late.
    expect(problems).toMatchObject([{ type: 'temporal_unavailable' }, { type: 'overloaded' }]);
  });

  it('keeps a deadline of the caller, if it is earlier than its own', async () => {
    const client = boundedClient(
      clientAnsweredBy(() => new Promise(() => undefined)),
      BOUNDS,
    );
    const from = performance.now();
    const listing = client.withDeadline(Date.now() + 20, () =>
      client.workflowService.listWorkflowExecutions(LIST),
    );
    await expect(listing).rejects.toThrow(NoAnswerInTime);
    expect(performance.now() - from).toBeLessThan(BOUNDS.deadlineMs);
  });

  it('frees the place of a caller who has left, in the queue or not', async () => {
    const answers: (() => void)[] = [];
    const client = boundedClient(
      clientAnsweredBy(() => new Promise<void>((resolve) => answers.push(resolve))),
      { ...BOUNDS, concurrent: 1, waiting: 2 },
    );
    const list = () => client.workflowService.listWorkflowExecutions(LIST) as Promise<unknown>;
    const leaving = new AbortController();
    const left = [list, list].map((call) =>
      client.withAbortSignal(leaving.signal, call).catch((error: unknown) => error),
    );
    const stayed = list();
    await expect(list()).rejects.toThrow(TooManyCalls);

    leaving.abort(new Error('left'));
    expect(await Promise.all(left)).toMatchObject([{ message: 'left' }, { message: 'left' }]);
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    answers[1]?.();
    await stayed;
  });

  it('gives up its calls when the process stops', async () => {
    const stopping = new AbortController();
    const client = boundedClient(
      clientAnsweredBy(() => new Promise(() => undefined)),
      { ...BOUNDS, concurrent: 1 },
      stopping.signal,
    );
    const list = () => client.workflowService.listWorkflowExecutions(LIST) as Promise<unknown>;
    const calls = [list(), list()];
    stopping.abort(new Error('stops'));
    for (const call of calls) await expect(call).rejects.toThrow('stops');
  });
});

describe('searches with bounds of their own', () => {
  const SEARCHING = {
    ...BOUNDS,
    concurrent: 2,
    waiting: 0,
    searches: { concurrent: 1, waiting: 1 },
  };

  /** A client whose calls stay open until the test answers them. */
  function openCalls(bounds = SEARCHING) {
    const open: { call: Call; answer: (value: unknown) => void; fail: (error: Error) => void }[] =
      [];
    const client = boundedClient(
      clientAnsweredBy((call) => new Promise((answer, fail) => open.push({ call, answer, fail }))),
      bounds,
    );
    const list = (query: string) =>
      client.workflowService.listWorkflowExecutions({ ...LIST, query }) as Promise<unknown>;
    return { open, client, list };
  }

  it('leave the places of other calls alone, and find none there', async () => {
    const { client, list, open } = openCalls();
    const first = list('a');
    const second = list('b');
    await expect(list('c')).rejects.toMatchObject({ purpose: 'searching' });
    const described = client.workflowService.describeNamespace(LIST) as Promise<unknown>;
    await vi.waitFor(() => expect(open).toHaveLength(2));
    open[1]?.answer('described');
    expect(await described).toBe('described');
    open[0]?.answer('a');
    expect(await first).toBe('a');
    await vi.waitFor(() => expect(open).toHaveLength(3));
    open[2]?.answer('b');
    expect(await second).toBe('b');
  });

  it('are one call where they are equal and under way at the same time', async () => {
    const { client, list, open } = openCalls();
    const listed = Array.from({ length: 50 }, () => list('a'));
    const counted = client.workflowService.countWorkflowExecutions({ ...LIST, query: 'a' });
    expect(open.map(({ call }) => call.method)).toEqual(['listWorkflowExecutions']);
    open[0]?.answer('one');
    expect(new Set(await Promise.all(listed))).toEqual(new Set(['one']));
    await vi.waitFor(() => expect(open).toHaveLength(2));
    open[1]?.answer('two');
    expect(await counted).toBe('two');
    // Nothing is kept.
    const later = list('a');
    await vi.waitFor(() => expect(open).toHaveLength(3));
    open[2]?.fail(new TypeError('broken'));
    await expect(later).rejects.toThrow('broken');
  });

  it('are calls of their own in each line, so that nobody is refused with another', async () => {
    const { list, open } = openCalls({ ...SEARCHING, searches: { concurrent: 1, waiting: 3 } });
    const as = (name: string, query: string) =>
      inLine(
        () => ['page', name],
        () => list(query).catch((error: unknown) => error),
      );
    const running = as('anna', 'a');
    const ofAnna = ['b', 'c', 'same'].map((query) => as('anna', query));
    // Her last search makes room for his.
    const ofBela = [as('bela', 'same'), as('bela', 'same')];
    expect(await ofAnna[2]).toMatchObject({ purpose: 'searching' });
    for (let answered = 0; answered < 4; answered += 1) {
      await vi.waitFor(() => expect(open).toHaveLength(answered + 1));
      open[answered]?.answer(`answer ${answered}`);
    }
    const answers = await Promise.all([running, ...ofAnna.slice(0, 2), ...ofBela]);
    expect(answers.toSorted()).toEqual(
      ['answer 0', 'answer 1', 'answer 2', 'answer 3'].concat(String(answers[3])).toSorted(),
    );
    expect(answers[3]).toBe(answers[4]);
  });

  it('go on for the others when one who asked leaves', async () => {
    const { client, list, open } = openCalls();
    const leaving = new AbortController();
    const left = client.withAbortSignal(leaving.signal, () => list('a'));
    const late = client.withDeadline(Date.now() + 20, () => list('a'));
    const stayed = list('a');
    leaving.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    await expect(late).rejects.toThrow(NoAnswerInTime);
    expect(open).toHaveLength(1);
    open[0]?.answer('answer');
    expect(await stayed).toBe('answer');
  });

  it.each(['page', 'namespace', 'token'])(
    'are different calls where the %s differs',
    async (what) => {
      const { client, open } = openCalls({ ...SEARCHING, searches: { concurrent: 2, waiting: 0 } });
      const requests = {
        page: [{ pageSize: 1 }, { pageSize: 2 }],
        namespace: [{ namespace: 'a' }, { namespace: 'b' }],
        token: [{ nextPageToken: Buffer.from('a') }, { nextPageToken: Buffer.from('b') }],
      }[what];
      const calls = (requests ?? []).map(
        (request) =>
          client.workflowService.listWorkflowExecutions({
            ...LIST,
            ...request,
          }) as Promise<unknown>,
      );
      expect(open).toHaveLength(2);
      open.forEach(({ answer }, index) => answer(index));
      expect(await Promise.all(calls)).toEqual([0, 1]);
    },
  );
});

describe('the clients of the API', () => {
  it('have places of their own: readers, waiters and probes never take that of a message', async () => {
    const silent = clientAnsweredBy(({ method }) =>
      method === 'startWorkflowExecution' ? {} : new Promise(() => undefined),
    );
    const clients = boundedClients(silent, new AbortController().signal);
    const { client, ...others } = clients;
    for (const other of Object.values(others)) {
      const calls = Array.from({ length: 1_000 }, (_each, index) =>
        other.workflowService
          .listWorkflowExecutions({ ...LIST, query: String(index) })
          .catch((error: unknown) => error),
      );
      const refused = await Promise.race(calls);
      expect(problemOf(refused)).toMatchObject({ type: 'overloaded' });
      expect(problemOf(refused).message).toMatch(/for (searching|waiting|deciding|checking)/);
    }
    await client.workflowService.startWorkflowExecution({});
  });
});
