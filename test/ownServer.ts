import { pino } from 'pino';
import { inject } from 'vitest';
import {
  startDevServer,
  type DevServer,
  type DevServerOptions,
} from '../src/embedded/devServer.js';

/** A Temporal server beside the one that all tests share: in memory and without Web UI, where the options don't say otherwise. */
export async function startOwnServer(options: Partial<DevServerOptions> = {}): Promise<DevServer> {
  return await startDevServer({
    cliPath: inject('temporalCliPath'),
    port: 0,
    namespace: 'default',
    log: pino({ enabled: false }),
    ...options,
  });
}
