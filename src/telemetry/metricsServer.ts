import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Logger } from 'pino';
import { exposition, METRICS_CONTENT_TYPE, type MetricsSource } from './exposition.js';
import { ConfigurationError } from '../lib/configurationError.js';

export interface MetricsServer {
  close(): Promise<void>;
}

/**
 * Serves `/metrics` of a worker at WORKER_METRICS_ADDRESS (`host:port`); undefined if that is not set. There is no
 * authentication, because the metrics name neither messages nor destinations.
 */
export async function serveMetrics(
  source: MetricsSource,
  environment: NodeJS.ProcessEnv,
  log: Logger,
): Promise<MetricsServer | undefined> {
  const address = environment.WORKER_METRICS_ADDRESS ?? '';
  if (address === '') return undefined;
  const { host, port } = parseAddress(address);
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    exposition(source).then(
      (text) => {
        response.writeHead(200, { 'content-type': METRICS_CONTENT_TYPE }).end(text);
      },
      (error: unknown) => {
        log.error({ err: error }, 'The metrics could not be collected');
        response.writeHead(500).end();
      },
    );
  });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new ConfigurationError(
      `WORKER_METRICS_ADDRESS: ${address} can’t be opened (${(error as NodeJS.ErrnoException).code ?? 'unknown'}). Free it, or name another host:port.`,
      { cause: error },
    );
  }
  return {
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function parseAddress(address: string): { host: string; port: number } {
  const { host, bracketed, port } =
    /^(?:\[(?<bracketed>[^\]]+)\]|(?<host>[^:]+)):(?<port>\d{1,5})$/.exec(address)?.groups ?? {};
  const name = host ?? bracketed;
  if (name === undefined || Number(port) > 65_535) {
    throw new ConfigurationError(
      `WORKER_METRICS_ADDRESS: "${address}" is not host:port (write 127.0.0.1:9465, or 0.0.0.0:9465 for other machines too)`,
    );
  }
  return { host: name, port: Number(port) };
}
