import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Configuration } from '../config/configuration.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { TemporalGate } from './temporalGate.js';

/** What the routers work with. */
export interface ApiContext {
  configuration: Configuration;
  client: Client;
  /** Every call to Temporal goes through it. */
  gate: TemporalGate;
  metrics: Metrics;
  log: Logger;
}
