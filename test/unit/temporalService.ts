/** A Temporal client whose every gRPC call is answered by a function of the test. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Client, type ClientOptions, type ConnectionLike } from '@temporalio/client';

export interface Call {
  /** As `describeWorkflowExecution`. */
  method: string;
  /** Epoch milliseconds; undefined if the call has no deadline. */
  deadline: number | undefined;
  request: Record<string, unknown>;
}

export function clientAnsweredBy(
  answer: (call: Call) => unknown,
  options: Pick<ClientOptions, 'dataConverter'> = {},
): Client {
  const deadlines = new AsyncLocalStorage<number>();
  const service = new Proxy(
    {},
    {
      get: (_, method: string) => async (request: Call['request']) =>
        await answer({ method, deadline: deadlines.getStore(), request }),
    },
  );
  const connection = {
    workflowService: service,
    operatorService: service,
    plugins: [],
    close: () => Promise.resolve(),
    ensureConnected: () => Promise.resolve(),
    withDeadline: (deadline: number, scope: () => Promise<unknown>) =>
      deadlines.run(deadline, scope),
    withMetadata: (_metadata: unknown, scope: () => Promise<unknown>) => scope(),
    withAbortSignal: (_signal: unknown, scope: () => Promise<unknown>) => scope(),
  } as unknown as ConnectionLike;
  return new Client({ connection, namespace: 'test', ...options });
}

/** As grpc-js and the worker's connection throw it. */
export function grpcError(code: number, reason: string): Error {
  return Object.assign(new Error(`${code}: ${reason}`), {
    code,
    details: reason,
    metadata: new Map(),
  });
}
