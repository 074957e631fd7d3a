import type { ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { exposition, METRICS_CONTENT_TYPE, type MetricsSource } from './exposition.js';
import { ConfigurationError } from '../lib/configurationError.js';
import { readVariables } from '../lib/environment.js';
import { startHttpServer, type HttpServer } from '../lib/httpServer.js';

/** A scrape is answered from memory. */
const STOP_WITHIN_MS = 500;

export interface MetricsServer {
  close(): Promise<void>;
}

export interface Readiness {
  ready: boolean;
  /** For people: why it is not ready, with the remedy. */
  reasons: string[];
  /** More for people, beside these fields. */
  details?: object;
}

/** The variables that name the address, as `host:port`, of a process that isn't the API. */
type AddressVariable = 'WORKER_METRICS_ADDRESS' | 'INGEST_METRICS_ADDRESS';

/**
 * Serves `/metrics`, `/readyz` and `/healthz` of a process that isn't the API at the address of the variable; undefined if that is not set.
 * There is no authentication, because neither names messages or destinations.
 */
export async function serveMetrics(
  source: MetricsSource,
  environment: NodeJS.ProcessEnv,
  log: Logger,
  readiness: () => Readiness = () => ({ ready: true, reasons: [] }),
  variable: AddressVariable = 'WORKER_METRICS_ADDRESS',
): Promise<MetricsServer | undefined> {
  const { [variable]: address } = readVariables(environment, [variable]);
  if (!address) return undefined;
  const { host, port } = address;
  let server: HttpServer;
  try {
    server = await startHttpServer(
      (request, response) => {
        if (request.method !== 'GET') response.writeHead(404).end();
        else if (request.url === '/metrics') void answerScrape(source, response, log);
        else if (request.url === '/readyz') answerProbe(readiness(), response);
        // That the process answers at all, whatever Temporal does.
        else if (request.url === '/healthz') answerJson(200, { status: 'ok' }, response);
        else response.writeHead(404).end();
      },
      { host, port },
    );
  } catch (error) {
    throw new ConfigurationError(
      `${variable}: ${host}:${port} can’t be opened (${(error as NodeJS.ErrnoException).code ?? 'unknown'}). Free it, or name another host:port.`,
      { cause: error },
    );
  }
  return { close: () => server.close(STOP_WITHIN_MS) };
}

function answerProbe({ details, ready, reasons }: Readiness, response: ServerResponse): void {
  const status = ready ? 'ready' : 'not ready';
  answerJson(ready ? 200 : 503, { status, reasons, ...details }, response);
}

function answerJson(status: number, body: object, response: ServerResponse): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Never rejects: metrics that can't be collected must not end the worker. */
async function answerScrape(
  source: MetricsSource,
  response: ServerResponse,
  log: Logger,
): Promise<void> {
  try {
    const text = await exposition(source);
    response.writeHead(200, { 'content-type': METRICS_CONTENT_TYPE }).end(text);
  } catch (error) {
    log.error({ err: error }, 'The metrics could not be collected');
    if (!response.headersSent) response.writeHead(500);
    response.end();
  }
}
