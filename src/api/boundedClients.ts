/** The API's Temporal clients: each kind of request has bounds of its own, so that none takes the place of another. */
import type { Client } from '@temporalio/client';
import { boundedClient } from '../temporal/boundedClient.js';
import type { CallBounds } from '../temporal/callGate.js';
import type { ApiContext } from './apiContext.js';

/** Well above the slowest start that was measured under load, and well below what webhook senders wait. */
const DEADLINE_MS = 8_000;

/** Probes and scrapes are given up after a few seconds. */
const HEALTH_DEADLINE_MS = 3_000;

export const ACCEPTING_MESSAGES = 'accepting messages';

type BoundedClients = Pick<
  ApiContext,
  'client' | 'readClient' | 'waitClient' | 'decisionClient' | 'healthClient'
>;

type Bounds = Omit<CallBounds, 'deadlineMs'> & Partial<CallBounds>;

const BOUNDS: Record<keyof BoundedClients, Bounds> = {
  // As many calls as keep one Temporal frontend busy; more at once only makes each of them slower. At the pace of the slowest
  // measured server those that wait are over in some seconds.
  client: { purpose: ACCEPTING_MESSAGES, concurrent: 100, waiting: 400 },
  readClient: {
    ...{ purpose: 'reading messages', concurrent: 40, waiting: 200 },
    // More at once make each of them slower, and so the page whose turn it is: with 20, two busy cores answered as many in a second,
    // and a page beside them took twice as long.
    searches: { concurrent: 8, waiting: 200 },
  },
  // Each of the 500 requests that may wait makes one call at a time.
  waitClient: { purpose: 'waiting for messages', concurrent: 40, waiting: 500 },
  decisionClient: { purpose: 'deciding on messages', concurrent: 40, waiting: 200 },
  // One reading for the metrics makes 20 calls at once; a probe makes a few.
  healthClient: {
    purpose: 'checking readiness',
    concurrent: 20,
    waiting: 100,
    deadlineMs: HEALTH_DEADLINE_MS,
  },
};

/** @param givingUp aborts their calls, with its reason */
export function boundedClients(client: Client, givingUp: AbortSignal): BoundedClients {
  const bounded = (name: keyof BoundedClients) =>
    boundedClient(client, { deadlineMs: DEADLINE_MS, ...BOUNDS[name] }, givingUp);
  return {
    client: bounded('client'),
    readClient: bounded('readClient'),
    waitClient: bounded('waitClient'),
    decisionClient: bounded('decisionClient'),
    healthClient: bounded('healthClient'),
  };
}
