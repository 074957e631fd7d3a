/** A decision on thousands of dead letters, with a Temporal of the test's own: who is signalled, how often and how fast. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import { MockActivityEnvironment } from '@temporalio/testing';
import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createDecideDeadLetters } from '../../src/activities/decideDeadLetters.js';
import { loadConfiguration } from '../../src/config/configuration.js';
import type { DecidePageInput, DeadLetterPage } from '../../src/contract/deadLetterQueue.js';
import type { FailureReason } from '../../src/domain/delivery.js';
import type { Destination } from '../../src/domain/destination.js';
import { clientAnsweredBy, grpcError, type Call } from './temporalService.js';

const { WorkflowExecutionInfo } = proto.temporal.api.workflow.v1;
const OPS: Destination = 'slack:default/C0123ABC';
const STARTED = Date.parse('2026-11-26T12:00:00Z');
const DECIDED_AT = '2026-11-26T13:00:00.000Z';
const LATER = '2026-11-26T13:00:01.000Z';
const NOT_FOUND = 5;
const UNAVAILABLE = 14;

const directory = mkdtempSync(join(tmpdir(), 'sendproof-decisions-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** The account posts as often as that in a second. */
function configurationWith(perDestination: number | 'off') {
  const file = join(directory, `${perDestination}.json`);
  const account = { token: { env: 'A_TOKEN' }, limits: { perDestination, perAccount: 'off' } };
  writeFileSync(file, JSON.stringify({ accounts: { slack: { default: account } } }));
  return loadConfiguration({ SENDPROOF_CONFIG: file, A_TOKEN: 'any' });
}

interface Parked {
  /** Also its run. */
  key: string;
  startedAt: number;
  at: string;
  reason: FailureReason;
}

/** Several of one moment, as of a batch. */
function parked(count: number, rest: Partial<Parked> = {}): Parked[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `00000000-0000-0000-0000-${String(index).padStart(12, '0')}`,
    startedAt: STARTED + Math.floor(index / 3) * 40,
    at: DECIDED_AT,
    reason: 'not_authorised',
    ...rest,
  }));
}

/** Temporal with these dead letters, which leave the list when they are signalled. */
class ParkedMessages {
  readonly signalled: { key: string; signal: string; request: Record<string, unknown> }[] = [];
  /** Is asked before each signal is accepted. */
  fault: (key: string) => Error | undefined = () => undefined;
  busiest = 0;
  lists = 0;
  #underWay = 0;
  #listed: Parked[];

  constructor(listed: Parked[]) {
    this.#listed = listed.toSorted(
      (one, other) => other.startedAt - one.startedAt || (one.key < other.key ? 1 : -1),
    );
  }

  readonly client = clientAnsweredBy(async (call) => {
    if (call.method === 'listWorkflowExecutions') return this.#list(call);
    // Whether its signal is taken up: at once.
    if (call.method === 'describeWorkflowExecution') return {};
    return await this.#signal(call);
  });

  #list({ request }: Call) {
    this.lists += 1;
    const { nextPageToken, pageSize, query } = request as {
      nextPageToken?: Uint8Array;
      pageSize: number;
      query: string;
    };
    const times = (operator: string) =>
      [...query.matchAll(new RegExp(`StartTime ${operator} "([^"]+)"`, 'g'))].map(([, time]) =>
        Date.parse(time ?? ''),
      );
    const last = Math.min(...times('<='));
    const first = Math.max(...times('>='));
    const matching = this.#listed.filter(
      ({ startedAt }) => startedAt <= last && startedAt >= first,
    );
    const at = nextPageToken?.length ? Number(Buffer.from(nextPageToken).toString()) : 0;
    const end = at + pageSize;
    return {
      executions: matching.slice(at, end).map(executionOf),
      nextPageToken: Buffer.from(end < matching.length ? String(end) : ''),
    };
  }

  async #signal({ method, request }: Call) {
    expect(method).toBe('signalWorkflowExecution');
    const { input, signalName, workflowExecution } = request as {
      input: { payloads: Parameters<typeof defaultPayloadConverter.fromPayload>[0][] };
      signalName: string;
      workflowExecution: { workflowId: string };
    };
    const key = workflowExecution.workflowId;
    this.busiest = Math.max(this.busiest, (this.#underWay += 1));
    await new Promise((done) => setImmediate(done));
    this.#underWay -= 1;
    const fault = this.fault(key);
    if (fault) throw fault;
    const [payload] = input.payloads;
    const about = payload && defaultPayloadConverter.fromPayload<Record<string, unknown>>(payload);
    this.signalled.push({ key, signal: signalName, request: about ?? {} });
    this.#listed = this.#listed.filter((each) => each.key !== key);
    return {};
  }

  get keys(): string[] {
    return this.signalled.map(({ key }) => key).sort();
  }
}

function executionOf({ at, key, reason, startedAt }: Parked) {
  const memo = {
    destinations: [OPS],
    deadLetters: [{ destination: OPS, reason, detail: '', at }],
  };
  const seconds = Math.floor(startedAt / 1_000);
  const startTime = { seconds, nanos: (startedAt % 1_000) * 1_000_000 };
  return WorkflowExecutionInfo.fromObject({
    execution: { workflowId: key, runId: key },
    type: { name: 'deliverMessage' },
    startTime,
    executionTime: startTime,
    status: 1,
    historyLength: 20,
    memo: {
      fields: Object.fromEntries(
        Object.entries(memo).map(([name, value]) => [
          name,
          defaultPayloadConverter.toPayload(value),
        ]),
      ),
    },
    searchAttributes: {
      indexedFields: {
        DeliveryStatus: {
          metadata: {
            encoding: Buffer.from('json/plain'),
            type: Buffer.from('Keyword'),
          },
          data: Buffer.from('"DeadLettered"'),
        },
      },
    },
  });
}

const DECISION = {
  ...{ destination: OPS, by: 'ana', reason: 'invited the app' },
  ...{ action: 'retry' as const, filter: { at: DECIDED_AT } },
};
/** No page waits for its pace. */
const AT_ONCE = 1_000_000;

function activitiesFor(messages: ParkedMessages, perDestination: number | 'off' = 'off') {
  const configuration = configurationWith(perDestination);
  return createDecideDeadLetters({ client: messages.client, configuration });
}

type Activities = ReturnType<typeof activitiesFor>;

const inActivity = async <Result>(
  activity: () => Promise<Result>,
  environment = new MockActivityEnvironment(),
): Promise<Result> => await environment.run(activity);

const decidePage = (
  activities: Activities,
  page: DeadLetterPage,
  rest: Partial<DecidePageInput> = {},
) => inActivity(() => activities.decidePage({ ...DECISION, page, perSecond: AT_ONCE, ...rest }));

/** As the queue does, plan after plan. */
async function decideAll(activities: Activities, filter: DecidePageInput['filter']) {
  let cursor: string | undefined;
  const plans = [];
  let decided = 0;
  do {
    const from = cursor;
    const plan = await inActivity(() =>
      activities.planDecision({ destination: OPS, filter, ...(from && { cursor: from }) }),
    );
    plans.push(plan);
    const results = await Promise.all(
      plan.pages.map((page) => decidePage(activities, page, { filter })),
    );
    decided += results.reduce((sum, each) => sum + each.decided, 0);
    ({ cursor } = plan);
  } while (cursor !== undefined);
  return { decided, plans };
}

describe('a decision on many dead letters', () => {
  it('reaches each that it means once, however many there are', async () => {
    const some = fc.array(
      fc.record({
        at: fc.constantFrom(DECIDED_AT, LATER),
        reason: fc.constantFrom<FailureReason>('not_authorised', 'destination_not_found'),
      }),
      { maxLength: 400 },
    );
    await fc.assert(
      fc.asyncProperty(some, fc.boolean(), async (drawn, byReason) => {
        const all = parked(drawn.length).map((each, index) => ({ ...each, ...drawn[index] }));
        const messages = new ParkedMessages(all);
        const filter = { at: DECIDED_AT, ...(byReason && { reason: 'not_authorised' as const }) };
        const { decided, plans } = await decideAll(activitiesFor(messages, 25), filter);
        const meant = all.filter(
          ({ at, reason }) => at === DECIDED_AT && (!byReason || reason === 'not_authorised'),
        );
        expect(messages.keys).toEqual(meant.map(({ key }) => key).sort());
        expect(decided).toBe(meant.length);
        for (const { pages } of plans) expect(pages.length).toBeLessThanOrEqual(2);
      }),
      { numRuns: 25 },
    );
  });

  it.each([
    ['off', 3, 50],
    [50, 3, 50],
    [30, 2, 30],
    [20, 1, 20],
    [1, 1, 1],
    [0.2, 1, 1],
  ] as const)(
    'is shared, with a limit of %s a second, by %i pages that have %d a second together',
    async (limit, pages, together) => {
      const messages = new ParkedMessages(parked(700));
      const plan = await inActivity(() =>
        activitiesFor(messages, limit).planDecision({ destination: OPS, filter: DECISION.filter }),
      );
      expect(plan.perSecond * pages).toBeCloseTo(together);
      expect(plan.cursor).toBeDefined();
      expect(plan.pages).toHaveLength(pages);
      // Each begins where the one before ends.
      expect(plan.pages.map(({ cursor }) => cursor)).toEqual([
        undefined,
        ...plan.pages.slice(0, -1).map(({ until }) => until),
      ]);
      expect(plan.pages.at(-1)?.until).toBe(plan.cursor);
    },
  );

  it('has its whole pace where few are left', async () => {
    const messages = new ParkedMessages(parked(30));
    const plan = await inActivity(() =>
      activitiesFor(messages).planDecision({ destination: OPS, filter: DECISION.filter }),
    );
    expect(plan).toEqual({ pages: [{}], perSecond: 50 });
  });

  it('passes over what it does not mean, and ends', async () => {
    const messages = new ParkedMessages(parked(900, { at: LATER }));
    const { decided, plans } = await decideAll(activitiesFor(messages), DECISION.filter);
    expect(plans).toEqual([{ pages: [], perSecond: 50 }]);
    expect({ decided, signals: messages.signalled }).toEqual({ decided: 0, signals: [] });
  });

  it.each([
    [AT_ONCE, 20],
    [10, 10],
    [1.5, 1],
  ])('at %d a second signals no more than %i at the same time', async (perSecond, most) => {
    const messages = new ParkedMessages(parked(most * 3));
    await decidePage(activitiesFor(messages), {}, { perSecond });
    expect(messages.busiest).toBe(most);
  });

  it('stops with its worker, after those that are under way', async () => {
    const messages = new ParkedMessages(parked(60));
    const environment = new MockActivityEnvironment();
    messages.fault = () => {
      if (messages.signalled.length === 10) environment.cancel('WORKER_SHUTDOWN');
      return undefined;
    };
    const decide = () =>
      activitiesFor(messages).decidePage({ ...DECISION, page: {}, perSecond: AT_ONCE });
    await expect(inActivity(decide, environment)).rejects.toThrow('WORKER_SHUTDOWN');
    // 1, 2, 4 and 8.
    expect(messages.signalled).toHaveLength(15);
  });

  it('keeps to its pace', async () => {
    const messages = new ParkedMessages(parked(60));
    const began = performance.now();
    await decidePage(activitiesFor(messages), {}, { perSecond: 200 });
    expect(performance.now() - began).toBeGreaterThanOrEqual(250);
  });

  it('says who decides, of which destination, and that a worker has the account', async () => {
    const messages = new ParkedMessages(parked(1));
    await decidePage(activitiesFor(messages), {});
    const asked = { destination: OPS, by: 'ana', reason: 'invited the app', parkedBy: DECIDED_AT };
    const request = { ...asked, accountIsServed: true };
    expect(messages.signalled).toMatchObject([{ signal: 'retry', request }]);

    const discarded = new ParkedMessages(parked(1));
    await decidePage(activitiesFor(discarded), {}, { action: 'discard' });
    expect(discarded.signalled).toMatchObject([{ signal: 'discard', request: asked }]);
    expect(discarded.signalled[0]?.request).not.toHaveProperty('accountIsServed');
  });

  it('leaves it to the message to look for a worker where this one does not have the account', async () => {
    const messages = new ParkedMessages(parked(1));
    const configuration = { ...configurationWith('off'), accounts: [] };
    const activities = createDecideDeadLetters({ client: messages.client, configuration });
    await decidePage(activities, {});
    expect(messages.signalled).toHaveLength(1);
    expect(messages.signalled[0]?.request).not.toHaveProperty('accountIsServed');
  });

  it('does not count what has ended meanwhile', async () => {
    const all = parked(5);
    const messages = new ParkedMessages(all);
    messages.fault = (key) =>
      key === all[2]?.key ? grpcError(NOT_FOUND, 'workflow not found') : undefined;
    expect(await decidePage(activitiesFor(messages), {})).toEqual({ decided: 4 });
  });

  it('continues after an attempt that failed: nobody is forgotten, and nobody counted twice', async () => {
    const all = parked(90);
    const messages = new ParkedMessages(all);
    const activities = activitiesFor(messages);
    let heartbeatDetails: unknown;
    const attempt = () => {
      const environment = new MockActivityEnvironment({ heartbeatDetails });
      environment.on('heartbeat', (details: unknown) => (heartbeatDetails = details));
      return inActivity(
        () => activities.decidePage({ ...DECISION, page: {}, perSecond: AT_ONCE }),
        environment,
      );
    };
    messages.fault = vi.fn((key: string) =>
      key === all[50]?.key ? grpcError(UNAVAILABLE, 'gone for a moment') : undefined,
    );
    await expect(attempt()).rejects.toThrow();
    messages.fault = () => undefined;
    expect(await attempt()).toEqual({ decided: 90 });
    expect(messages.keys).toEqual(all.map(({ key }) => key).sort());
  });

  it('is made page by page for queues that began so', async () => {
    const all = parked(700).map((each, index) =>
      index % 30 === 0 ? each : { ...each, at: LATER },
    );
    const messages = new ParkedMessages(all);
    const page = await inActivity(() => activitiesFor(messages, 30).decideDeadLetters(DECISION));
    const meant = all.slice(-150).filter(({ at }) => at === DECIDED_AT);
    expect(page).toEqual({ decided: meant.length, cursor: expect.any(String) as string });
    expect(messages.keys).toEqual(meant.map(({ key }) => key));
  });
});
