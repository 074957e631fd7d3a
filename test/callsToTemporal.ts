/**
 * How many calls to Temporal each operation of the API, and each page, may make: so that more of them show here, and not to those
 * who wait for a busy server.
 */
import { expect } from 'vitest';
import { isSearch } from '../src/temporal/searches.js';

export interface MostCalls {
  /** Lists and counts, for which Temporal has a limit of its own. */
  searches: number;
  /** All other calls. Undefined where Temporal is asked until something has happened. */
  others: number | undefined;
}

const at = (searches: number, others: number | undefined): MostCalls => ({ searches, others });

/** The description, and the history up to 10,000 events. */
const MESSAGE = 2;

/** As many queues as are described while visibility has a decision at fewer destinations than it is for. */
const QUEUES = 100;

/** As many as `openapiExamples.test.ts` configures: each has its last message looked for. */
const SOURCES = 3;

const MOST: Record<string, MostCalls> = {
  // And, every few seconds, one for the queue of its account, which no answer waits for.
  'post /v1/messages': at(0, 2),
  // One for each message, and one more for each that is a duplicate; the same for its account.
  'post /v1/messages/batch': at(0, 4),
  'get /v1/messages': at(1, 0),
  'get /v1/messages/{key}': at(0, MESSAGE),
  'delete /v1/messages/{key}': at(0, undefined),
  'patch /v1/messages/{key}': at(0, undefined),
  'get /v1/messages/{key}/timeline': at(0, MESSAGE),
  'post /v1/messages/{key}/retry': at(0, undefined),
  'post /v1/messages/{key}/discard': at(0, undefined),
  'get /v1/batches/{id}': at(0, 2),
  'delete /v1/batches/{id}': at(0, undefined),
  'post /v1/events': at(0, 1),
  'post /v1/events/batch': at(0, 2),
  'get /v1/sources': at(SOURCES, 0),
  'post /v1/sources/{name}': at(0, 1),
  'post /v1/sources/{name}/{token}': at(0, 1),
  'get /v1/dead-letters': at(1, 0),
  'get /v1/dead-letters/summary': at(1, 0),
  // Until the decision can be read, it is looked for some times.
  'post /v1/dead-letters/retry': at(60, undefined),
  'post /v1/dead-letters/discard': at(60, undefined),
  'get /v1/dead-letters/decisions/{id}': at(1, QUEUES),
  'post /v1/codec/decode': at(0, 0),
  'post /v1/codec/encode': at(0, 0),
  'get /healthz': at(0, 0),
  'get /readyz': at(0, 4),
  'get /metrics': at(3, 2),

  // Besides the queue of each account, the workers and the write that proves that Temporal accepts some.
  'page /': at(5, 10),
  // The list, and every few seconds the number of messages of each of the five lists. By a reason that few have, up to four further parts.
  'page /messages': at(1 + 5, 0),
  'page /messages/{key}': at(0, MESSAGE),
  'page /conversations/{key}': at(1, MESSAGE),
  'page /batches/{id}': at(0, 2),
  'page /dead-letters': at(1, 0),
  'page /decisions/{id}': at(1, QUEUES),
  'page /sources': at(SOURCES, 0),
  'page /sign-in': at(0, 0),

  'unknown /v1/messages/{key}': at(1, 1),
  'unknown /v1/messages/{key}/timeline': at(3, 2),
};

/** @param what as `get /v1/messages`, or `page /messages`; each operation and each page needs an entry */
export function mostCalls(what: string): MostCalls {
  const most = MOST[what];
  if (!most)
    throw new Error(`test/callsToTemporal.ts doesn’t say how many calls "${what}" may make`);
  return most;
}

/** @param calls as `ListWorkflowExecutions` */
export function expectWithin(calls: readonly string[], most: MostCalls, what: string): void {
  const searches = calls.filter(isSearch);
  expect(searches.length, `${what}: ${calls.join()}`).toBeLessThanOrEqual(most.searches);
  if (most.others === undefined) return;
  expect(calls.length - searches.length, `${what}: ${calls.join()}`).toBeLessThanOrEqual(
    most.others,
  );
}
