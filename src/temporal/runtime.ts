import { SdkComponent, type LogMetadata } from '@temporalio/common';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';

/** Sends the SDK's and its native core's log lines to ours. To be called once in a process, before the first connection. */
export function installTemporalRuntime(log: Logger): void {
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      const severity = level.toLowerCase() as Level;
      log[isChatter(severity, meta) ? 'debug' : severity]({ temporal: meta }, message);
    }),
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
    },
    // We shut down on signals ourselves, in an order of our own.
    shutdownSignals: [],
  });
}

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** A worker's word on its own state, and on what it doesn't serve: the queues of ours are made to serve one thing each. */
function isChatter(level: Level, meta: LogMetadata | undefined): boolean {
  return meta?.sdkComponent === SdkComponent.worker && level !== 'error';
}
