import { createServer, type AddressInfo } from 'node:net';
import { Connection } from '@temporalio/client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GRPC_STATUS, grpcFailureOf } from '../../src/temporal/grpcStatus.js';
import { notingRefusals, tryingAgain } from '../../src/temporal/refusedTries.js';

const uncaught: unknown[] = [];
const note = (error: unknown): void => void uncaught.push(error);
let others: NodeJS.UncaughtExceptionListener[];
beforeEach(() => {
  uncaught.length = 0;
  others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', note);
});
afterEach(() => {
  process.off('uncaughtException', note);
  for (const listener of others) process.on('uncaughtException', listener);
});

/** A port that refuses connections: it was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

it.each([
  ['a call', (call: () => Promise<unknown>) => call().catch((error: unknown) => error)],
  [
    'one whose refusals are noted',
    async (call: () => Promise<unknown>) => (await notingRefusals(call)).error,
  ],
])(
  'ends when the connection is closed while it waits to be tried again: %s',
  async (_what, run) => {
    let tries = 0;
    let failed: () => void = () => undefined;
    const firstFailed = new Promise<void>((resolve) => (failed = resolve));
    const connection = Connection.lazy({
      address: `127.0.0.1:${await closedPort()}`,
      interceptors: [
        (options, nextCall) =>
          tryingAgain(options, (next) => {
            tries += 1;
            if (tries === 2) failed();
            return nextCall(next);
          }),
      ],
    });
    const ended = connection.withDeadline(Date.now() + 5_000, () =>
      run(() => connection.workflowService.getSystemInfo({})),
    );
    await firstFailed;
    await connection.close();

    expect(grpcFailureOf(await ended)).toEqual({
      status: GRPC_STATUS.CANCELLED,
      reason: 'Channel has been shut down',
    });
    expect(uncaught).toEqual([]);
  },
);
