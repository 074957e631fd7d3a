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

/** The address of a message in this API. */
export function messagePath(deduplicationKey: string): string {
  return `/v1/messages/${encodeURIComponent(deduplicationKey)}`;
}

/** Where everything about a message is, relative to the API's address. */
export function messageLinks(deduplicationKey: string): {
  self: string;
  timeline: string;
  page: string;
} {
  const self = messagePath(deduplicationKey);
  return { self, timeline: `${self}/timeline`, page: messagePagePath(deduplicationKey) };
}

/** The page of a message, for people. */
export function messagePagePath(deduplicationKey: string): string {
  return `/messages/${encodeURIComponent(deduplicationKey)}`;
}
