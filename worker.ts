#!/usr/bin/env node
/** The worker process: runs the workflows and delivers. Stateless, as many as are needed beside each other. */
import { fileURLToPath } from 'node:url';
import { NativeConnection } from '@temporalio/worker';
import { loadConfiguration } from './src/config/configuration.js';
import { createLogger } from './src/lib/log.js';
import { runMain, stopSignal } from './src/lib/process.js';
import { createMetrics } from './src/telemetry/metrics.js';
import { serveMetrics } from './src/telemetry/metricsServer.js';
import { startTracing } from './src/telemetry/tracing.js';
import { requireTemporalConnection } from './src/temporal/connection.js';
import { installTemporalRuntime } from './src/worker/runtime.js';
import { startWorkers } from './src/worker/workers.js';

const log = createLogger('sendproof-worker', process.env);

await runMain(log, async () => {
  const configuration = loadConfiguration(process.env);
  const { connectionOptions, namespace } = requireTemporalConnection(process.env);
  const temporalSdkUrl = await installTemporalRuntime(log);
  const metrics = createMetrics();
  const metricsServer = await serveMetrics({ metrics, temporalSdkUrl }, process.env);
  const tracing = startTracing('sendproof-worker');
  const connection = await NativeConnection.connect(connectionOptions);
  try {
    const workers = await startWorkers({
      connection,
      namespace,
      configuration,
      tracing,
      metrics,
      reload: () => loadConfiguration(process.env),
      workflowBundle: fileURLToPath(new URL('workflow-bundle.js', import.meta.url)),
      log,
    });
    log.info(
      { namespace, accounts: configuration.accounts.map(({ id }) => id) },
      'The worker runs',
    );
    await Promise.race([stopSignal(), workers.done]);
    await workers.shutdown();
    await workers.done;
  } finally {
    await connection.close();
    await tracing.stop();
    await metricsServer?.close();
  }
});
