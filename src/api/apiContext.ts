import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Configuration } from '../config/configuration.js';
import type { Metrics } from '../telemetry/metrics.js';

/** What the routers work with. */
export interface ApiContext {
  configuration: Configuration;
  /** For every call that Temporal answers at once: a bounded number of them at a time, each with a deadline. */
  client: Client;
  /** Without these bounds, for calls that Temporal holds open until something happens. They need a limit of their own. */
  longPollClient: Client;
  metrics: Metrics;
  log: Logger;
}
