/** A Temporal client that makes a bounded number of calls at once, each with a deadline. */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  Client,
  InternalConnectionLikeSymbol,
  type ConnectionLike,
  type InternalConnectionLike,
} from '@temporalio/client';
import { withinTime } from '../lib/deadline.js';
import { CallGate, type CallBounds } from './callGate.js';
import type { Line } from './fairTurns.js';
import { presentLine } from './inLine.js';
import { isSearch } from './searches.js';
import { SharedCalls } from './sharedCalls.js';

/** Temporal, or the way to it, was silent until the deadline. */
export class NoAnswerInTime extends Error {
  override readonly name = 'NoAnswerInTime';

  constructor(withinMs: number) {
    super(`Temporal gave no answer within ${withinMs} ms.`);
  }
}

/** A connection that notices its deadline ends the call itself, with its own error. Ours is for one that doesn't. */
const OWN_DEADLINE_LATER_MS = 250;

/** https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The same client within these bounds. They hold for each gRPC call, so for all that the client is asked to do: the pages of
 * a list and the polls of an update one by one.
 *
 * A deadline or a signal that is set by the client's `withDeadline` and `withAbortSignal` holds too. The caller is free when it
 * is reached, whether or not the connection ends its call.
 *
 * @param stopping aborts all calls, with its reason, when the process stops
 */
export function boundedClient(client: Client, bounds: CallBounds, stopping?: AbortSignal): Client {
  const connection = boundedConnection(client.connection, bounds, stopping);
  return new Client({ ...client.options, connection });
}

/** @param method as `describeWorkflowExecution` */
type RunCall = <Result>(
  call: () => Promise<Result>,
  method: string,
  request: unknown,
) => Promise<Result>;

interface CallScope {
  /** Epoch milliseconds. */
  deadline?: number;
  signal?: AbortSignal;
}

function boundedConnection(
  connection: ConnectionLike,
  bounds: CallBounds,
  stopping: AbortSignal | undefined,
): ConnectionLike {
  const gate = new CallGate(bounds);
  const searches = bounds.searches && {
    gate: new CallGate({ ...bounds, ...bounds.searches, purpose: 'searching' }),
    shared: new SharedCalls(),
    // What several wait for must not end with one of them.
    forAll: AsyncLocalStorage.snapshot(),
  };
  const scopes = new AsyncLocalStorage<CallScope>();
  const run: RunCall = async (call, method, request) => {
    const line = presentLine();
    if (!searches || !isSearch(method)) return await runAlone(call, gate, line);
    // Nobody waits behind the line of another, or is refused with it, not even for the same answer.
    const key = `${JSON.stringify(line)} ${method} ${JSON.stringify(request)}`;
    const { deadline = Number.POSITIVE_INFINITY, signal } = scopes.getStore() ?? {};
    const withinMs = Math.max(0, deadline - Date.now());
    const result = searches.shared.run(key, () =>
      searches.forAll(() => runAlone(call, searches.gate, line)),
    );
    if (deadline === Number.POSITIVE_INFINITY && signal === undefined) return await result;
    return await withinTime(result, Math.min(withinMs, LONGEST_TIMER_MS), {
      late: () => new NoAnswerInTime(withinMs),
      signals: [signal],
    });
  };
  const runAlone = async <Result>(
    call: () => Promise<Result>,
    gate: CallGate,
    line: Line,
  ): Promise<Result> => {
    const { deadline: given = Number.POSITIVE_INFINITY, signal } = scopes.getStore() ?? {};
    const remainingMs = () => Math.max(0, Math.min(bounds.deadlineMs, given - Date.now()));
    const signals = [stopping, signal];
    const makeCall = async () => {
      const withinMs = remainingMs();
      return await withinTime(
        connection.withDeadline(Date.now() + withinMs, call),
        withinMs + OWN_DEADLINE_LATER_MS,
        { late: () => new NoAnswerInTime(withinMs), signals },
      );
    };
    return await gate.run(makeCall, { line, withinMs: remainingMs(), signals });
  };
  const bounded: InternalConnectionLike = {
    workflowService: boundedService(connection.workflowService, run),
    operatorService: boundedService(connection.operatorService, run),
    plugins: connection.plugins,
    close: () => connection.close(),
    ensureConnected: () => connection.ensureConnected(),
    withDeadline: (deadline, scope) =>
      scopes.run({ ...scopes.getStore(), deadline: Number(deadline) }, scope),
    withMetadata: (metadata, scope) => connection.withMetadata(metadata, scope),
    withAbortSignal: (signal, scope) =>
      scopes.run({ ...scopes.getStore(), signal }, () => connection.withAbortSignal(signal, scope)),
    // Says whether Temporal may hand the first task of a start to a worker on the same connection.
    [InternalConnectionLikeSymbol]: (connection as InternalConnectionLike)[
      InternalConnectionLikeSymbol
    ],
  };
  return bounded;
}

function boundedService<Service extends object>(service: Service, run: RunCall): Service {
  return new Proxy(service, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...request: unknown[]) =>
        run(
          () => Reflect.apply(member, target, request) as Promise<unknown>,
          String(name),
          request[0],
        );
    },
  });
}
