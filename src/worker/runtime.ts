import { SdkComponent, type LogMetadata } from '@temporalio/common';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { LOOPBACK, resolvePort } from '../lib/ports.js';

/**
 * Sends the SDK's and its native core's log lines to ours, and has its metrics served on a free port of this machine only.
 * To be called once in a process, before the first connection. Resolves with the URL of those metrics.
 */
export async function installTemporalRuntime(log: Logger): Promise<string> {
  const bindAddress = `${LOOPBACK}:${await resolvePort(0)}`;
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      const severity = level.toLowerCase() as Level;
      log[isChatter(severity, meta) ? 'debug' : severity]({ temporal: meta }, message);
    }),
    telemetryOptions: {
      metrics: {
        prometheus: { bindAddress, countersTotalSuffix: true, useSecondsForDurations: true },
      },
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
    },
    // We shut down on signals ourselves, in an order of our own.
    shutdownSignals: [],
  });
  return `http://${bindAddress}/metrics`;
}

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** A worker's word on its own state, and on what it doesn't serve: the queues of ours are made to serve one thing each. */
function isChatter(level: Level, meta: LogMetadata | undefined): boolean {
  return meta?.sdkComponent === SdkComponent.worker && level !== 'error';
}
