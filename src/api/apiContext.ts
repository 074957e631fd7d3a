import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Configuration } from '../config/configuration.js';
import type { LiveConfiguration } from './liveConfiguration.js';
import type { QueuedIntake } from './queuedIntake.js';
import type { AccountQueues } from './accountQueues.js';
import type { Overviews } from './overview.js';
import type { RecentSourceRequests } from './recentSourceRequests.js';
import type { BatchReader } from '../store/batchHistory.js';
import type { ContentEncryption } from '../temporal/encryption/contentEncryption.js';
import type { WriteProof } from '../temporal/writeProof.js';
import type { Metrics } from '../telemetry/metrics.js';

/** What the routers work with. */
export interface ApiContext {
  /** As it is now: a part of it follows the file. So it is read with each request, and not kept. */
  readonly configuration: Configuration;
  live: LiveConfiguration;
  encryption: ContentEncryption;
  /**
   * For accepting messages. This client and the next four make every call that Temporal answers at once: a bounded number at a
   * time, each with a deadline. Each has bounds of its own, so that no kind of request takes the place of another.
   */
  client: Client;
  /** For reading messages: states, timelines, lists, searches, the pages. */
  readClient: Client;
  /** For what requests with `wait` read before and after they wait. */
  waitClient: Client;
  /** For decisions on messages. */
  decisionClient: Client;
  /** For readiness and the metrics of the present state. */
  healthClient: Client;
  /** Without these bounds, for calls that Temporal holds open until something happens. They need a limit of their own. */
  longPollClient: Client;
  /** Reads what became of each message of a batch, and keeps it for a while. */
  batchReader: BatchReader;
  writes: WriteProof;
  /** What Temporal said of the accounts' queues some seconds ago. */
  accountQueues: AccountQueues;
  /** What the overview shows. */
  overviews: Overviews;
  /** The queue that messages and events are written to instead of being accepted at once. */
  intake: QueuedIntake | undefined;
  /** What sources sent to this process lately. */
  recentRequests: RecentSourceRequests;
  /** Aborted when the API stops: requests that wait are then answered. */
  stopping: AbortSignal;
  metrics: Metrics;
  log: Logger;
}

/** What accepting messages and events needs of it, whichever way they came. */
export type ReceptionContext = Pick<
  ApiContext,
  'client' | 'configuration' | 'log' | 'metrics' | 'writes'
>;

/** The API stops, and a call to Temporal that is under way isn't waited for any longer. */
export class ApiStopping extends Error {
  override readonly name = 'ApiStopping';

  constructor() {
    super('The API stops.');
  }
}
