import { SdkComponent, type LogMetadata } from '@temporalio/common';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { errorChain } from '../lib/errorChain.js';
import { LOOPBACK, resolvePort } from '../lib/ports.js';

/**
 * Sends the log lines of the SDK and its native core to our log, and serves the SDK's metrics on a free port of the loopback
 * interface. Must be called once in a process, before the first connection. Resolves with the URL of those metrics.
 */
export async function installTemporalRuntime(log: Logger): Promise<string> {
  const bindAddress = `${LOOPBACK}:${await resolvePort(0)}`;
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      const severity = level.toLowerCase() as Level;
      log[isRoutine(severity, meta) ? 'debug' : severity]({ temporal: loggable(meta) }, message);
    }),
    telemetryOptions: {
      metrics: {
        prometheus: { bindAddress, countersTotalSuffix: true, useSecondsForDurations: true },
      },
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
    },
    // `runProcess` handles the signals: it stops the parts in their order.
    shutdownSignals: [],
  });
  return `http://${bindAddress}/metrics`;
}

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** A worker's changes of state, and its warnings that it has no workflows or no activities: each of ours has one kind. */
function isRoutine(level: Level, meta: LogMetadata | undefined): boolean {
  return meta?.sdkComponent === SdkComponent.worker && level !== 'error';
}

/** An error inside of what the SDK says, as of a worker that failed, would otherwise be logged as an empty object. */
function loggable(meta: LogMetadata | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(meta ?? {}).map(([name, value]) => [
      name,
      value instanceof Error ? errorChain(value) : (value as unknown),
    ]),
  );
}
