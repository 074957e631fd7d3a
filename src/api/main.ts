#!/usr/bin/env node
/** The API process: stateless, as many as are needed beside each other. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import { loadConfiguration, longestWindowMs } from '../config/configuration.js';
import { createLogger } from '../lib/log.js';
import { runMain, stopSignal } from '../lib/process.js';
import { createMetrics } from '../telemetry/metrics.js';
import { startTracing } from '../telemetry/tracing.js';
import { requireTemporalConnection } from '../temporal/connection.js';
import { checkRetention } from '../temporal/retention.js';
import { startApi } from './server.js';
import { ConfigurationError } from '../lib/configurationError.js';

const log = createLogger('sendproof-api', process.env);

// Above the call that uses them: what stands below it is not there yet while it runs.
/** gRPC waits longer after each try to reach a server that is away, two minutes in the end; sources don't wait so long. */
const RECONNECTING = {
  'grpc.initial_reconnect_backoff_ms': 250,
  'grpc.max_reconnect_backoff_ms': 2_000,
};

const CHECK_AGAIN_MS = 5_000;

await runMain(log, async () => {
  const configuration = loadConfiguration(process.env);
  const { connectionOptions, namespace } = requireTemporalConnection(process.env);
  // Lazy: while Temporal is away the API answers 503, and recovers by itself.
  const connection = Connection.lazy({ ...connectionOptions, channelArgs: RECONNECTING });
  const tracing = startTracing('sendproof-api');
  const client = new Client({
    connection,
    namespace,
    interceptors: tracing.clientInterceptors,
  });
  const api = await startApi({
    configuration,
    client,
    metrics: { metrics: createMetrics() },
    log,
  });
  log.info({ url: api.url, namespace }, 'The API listens');

  const stopping = new AbortController();
  try {
    await Promise.race([
      stopSignal(),
      retentionProblem(connection, namespace, longestWindowMs(configuration.deduplicationWindow), {
        log,
        signal: stopping.signal,
      }),
    ]);
  } finally {
    stopping.abort();
    await api.close();
    await connection.close();
    await tracing.stop();
  }
});

/** Rejects when the namespace forgets messages before their window ends; waits for Temporal as long as it is away. */
async function retentionProblem(
  connection: Connection,
  namespace: string,
  windowMs: number,
  { log, signal }: { log: Logger; signal: AbortSignal },
): Promise<never> {
  for (;;) {
    try {
      await checkRetention(connection, namespace, windowMs);
      break;
    } catch (error) {
      if (error instanceof ConfigurationError) throw error;
      log.warn({ reason: (error as Error).message }, 'Temporal can’t be reached yet');
      await sleep(CHECK_AGAIN_MS, undefined, { signal });
    }
  }
  return await new Promise<never>(() => undefined);
}
