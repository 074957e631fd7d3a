import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Configuration } from '../config/configuration.js';
import type { MetricsSource } from '../telemetry/exposition.js';
import { createApp } from './app.js';
import { assertApiKeysForHost } from './authentication.js';

export interface Api {
  /** As http://127.0.0.1:3000. */
  url: string;
  /** Accepts no new requests. Resolves when the running ones are answered. */
  close(): Promise<void>;
}

/**
 * Starts the HTTP API on `configuration.host` and `configuration.port` (0: any free port).
 *
 * Rejects with a ConfigurationError where it would listen beyond this machine without API keys, and with the system's error
 * where the port is taken.
 */
export async function startApi(options: {
  configuration: Configuration;
  client: Client;
  metrics: MetricsSource;
  log: Logger;
}): Promise<Api> {
  const { configuration, log } = options;
  assertApiKeysForHost(configuration.host, configuration.apiKeys);
  if (configuration.apiKeys.length === 0) {
    log.warn(
      'No API keys are set: every program on this machine can send messages. Set SENDPROOF_API_KEYS.',
    );
  }

  const server = createServer(createApp(options));
  server.listen(configuration.port, configuration.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const host = configuration.host.includes(':') ? `[${configuration.host}]` : configuration.host;
  return {
    url: `http://${host}:${port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      await closed;
    },
  };
}
