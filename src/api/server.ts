import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Configuration } from '../config/configuration.js';
import { startHttpServer } from '../lib/httpServer.js';
import type { QueueState } from '../queues/queue.js';
import type { MetricsSource } from '../telemetry/exposition.js';
import { ApiStopping } from './apiContext.js';
import { noEncryption, type ContentEncryption } from '../temporal/encryption/contentEncryption.js';
import { portError, type RequiredPort } from '../lib/ports.js';
import { LiveConfiguration } from './liveConfiguration.js';
import type { QueuedIntake } from './queuedIntake.js';
import { createApp } from './app.js';
import {
  assertApiKeysForHost,
  assertLinkSecrets,
  assertAuthenticatedSources,
  assertSourceSecrets,
  warnOfShortKeys,
} from './authentication.js';

export interface Api {
  /** As http://127.0.0.1:3000. */
  url: string;
  /**
   * Accepts no new requests, answers those that wait with the present state, and resolves when all are answered. A call to
   * Temporal that takes longer than `GIVE_UP_CALLS_MS` is answered 503; what is open after `API_STOP_MS` is closed.
   */
  close(): Promise<void>;
}

/** Far more than a healthy Temporal takes, so that what can be answered is. */
const GIVE_UP_CALLS_MS = 3_500;

/** The longest time that the API takes to stop. */
export const API_STOP_MS = 5_000;

/**
 * Starts the HTTP API on `configuration.host` and `configuration.port` (0: any free port).
 *
 * Rejects with a ConfigurationError where it would listen beyond this machine without API keys, and where the port or the host
 * can't be used.
 */
export async function startApi(options: {
  configuration: Configuration;
  /** Made of the configuration's keys; the clients have it already. By default content is not encrypted. */
  encryption?: ContentEncryption;
  client: Client;
  /** For calls that Temporal holds open, on a connection that can cancel them. By default `client`. */
  longPollClient?: Client;
  /** What an embedded server's database has refused lately. */
  databaseFault?: (() => string | undefined) | undefined;
  /** The queues that this process consumes; by default none. */
  queues?: (() => QueueState[]) | undefined;
  /** The queue that takes what is sent; by default everything is accepted at once. */
  intake?: QueuedIntake | undefined;
  metrics: MetricsSource;
  log: Logger;
  /** Reads the configuration again when its file has changed. Without it, changes take effect at the next start. */
  reload?: () => Configuration;
}): Promise<Api> {
  const { configuration, log } = options;
  const { host, port } = configuration;
  assertApiKeysForHost(host, configuration);
  assertAuthenticatedSources(host, configuration.sources);
  assertSourceSecrets(configuration.sources, log);
  assertLinkSecrets(configuration.postLinks, log);
  warnOfShortKeys(configuration.keys, log);
  if (configuration.keys.length === 0 && configuration.people === undefined) {
    log.warn(
      'No API keys are set: every program on this machine can send messages. Set SENDPROOF_API_KEYS.',
    );
  }

  const stopping = new AbortController();
  const givingUp = new AbortController();
  const live = new LiveConfiguration(configuration);
  const app = createApp({
    longPollClient: options.client,
    encryption: noEncryption(),
    ...options,
    configuration: live,
    stopping: stopping.signal,
    givingUp: givingUp.signal,
  });
  const server = await startHttpServer(app, { host, port }).catch((error: unknown) => {
    throw portError(requiredPort(configuration), error);
  });
  const { reload } = options;
  const stopFollowing = reload
    ? live.follow(reload, options.metrics.metrics, log)
    : () => undefined;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`,
    close: async () => {
      stopFollowing();
      stopping.abort();
      const giveUp = setTimeout(() => givingUp.abort(new ApiStopping()), GIVE_UP_CALLS_MS);
      await server.close(API_STOP_MS);
      clearTimeout(giveUp);
    },
  };
}

/** What the API listens on, for errors and for the check that the port is free. */
export function requiredPort({ port, host }: Pick<Configuration, 'port' | 'host'>): RequiredPort {
  return { port, host, purpose: 'the API', variable: 'PORT', hostVariable: 'HOST' };
}
