import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';

/** Sends the SDK's and its native core's log lines to ours. To be called once in a process, before the first connection. */
export function installTemporalRuntime(log: Logger): void {
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      const severity = level.toLowerCase() as 'trace' | 'debug' | 'info' | 'warn' | 'error';
      log[severity]({ temporal: meta }, message);
    }),
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
    },
    // We shut down on signals ourselves, in an order of our own.
    shutdownSignals: [],
  });
}
