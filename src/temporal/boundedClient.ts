/** A Temporal client that makes a bounded number of calls at once, each with a deadline. */
import {
  Client,
  InternalConnectionLikeSymbol,
  type ConnectionLike,
  type InternalConnectionLike,
} from '@temporalio/client';
import pLimit from 'p-limit';

export interface CallBounds {
  /** Calls that run at once. */
  concurrent: number;
  /** Calls that wait for one of these to end. One more is refused with `TooManyCalls`. */
  waiting: number;
  /** For each call, from when it begins to run. */
  deadlineMs: number;
}

/** The call was not made: as many as may wait were waiting already. */
export class TooManyCalls extends Error {
  override readonly name = 'TooManyCalls';

  constructor({ concurrent, waiting }: CallBounds) {
    super(`${concurrent} calls to Temporal run and ${waiting} wait already.`);
  }
}

/**
 * The same client within these bounds. They hold for each gRPC call, so for all that the client is asked to do: the pages of
 * a list and the polls of an update one by one.
 */
export function boundedClient(client: Client, bounds: CallBounds): Client {
  const connection = boundedConnection(client.connection, bounds);
  return new Client({ ...client.options, connection });
}

type RunCall = <Result>(call: () => Promise<Result>) => Promise<Result>;

function boundedConnection(connection: ConnectionLike, bounds: CallBounds): ConnectionLike {
  const limit = pLimit(bounds.concurrent);
  const run: RunCall = async (call) => {
    if (limit.pendingCount >= bounds.waiting) throw new TooManyCalls(bounds);
    return await limit(() => connection.withDeadline(Date.now() + bounds.deadlineMs, call));
  };
  const bounded: InternalConnectionLike = {
    workflowService: boundedService(connection.workflowService, run),
    operatorService: boundedService(connection.operatorService, run),
    plugins: connection.plugins,
    close: () => connection.close(),
    ensureConnected: () => connection.ensureConnected(),
    // The bounds' own deadline replaces it for each call.
    withDeadline: (deadline, scope) => connection.withDeadline(deadline, scope),
    withMetadata: (metadata, scope) => connection.withMetadata(metadata, scope),
    withAbortSignal: (signal, scope) => connection.withAbortSignal(signal, scope),
    // Lets Temporal hand a start straight to a worker on the same connection.
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
        run(() => Reflect.apply(member, target, request) as Promise<unknown>);
    },
  });
}
