/** What the overview shows: read from Temporal once for all who look, and kept for some seconds. */
import type { Client } from '@temporalio/client';
import type { AccountId } from '../domain/account.js';
import type { AccountQueue } from '../domain/deliveryEstimate.js';
import { SharedReadings } from '../lib/sharedReadings.js';
import { countMessages } from '../store/overview/counts.js';
import { countOutcomes, type OutcomeCounts } from '../store/overview/dayOutcomes.js';
import { readEndedMessages, type EndedMessages } from '../store/overview/endedMessages.js';
import { readOpenDeadLetters, type OpenDeadLetters } from '../store/overview/openDeadLetters.js';
import { countWorkers } from '../store/pollers.js';
import { overdueFilter } from '../store/systemState.js';
import type { Configuration } from '../config/configuration.js';
import type { WriteProof } from '../temporal/writeProof.js';
import type { AccountQueues } from './accountQueues.js';
import { countTabs, type TabCounts } from './messageTabs.js';

export const DAY_MS = 86_400_000;

/**
 * Five searches for the overview of each tenant that somebody looks at, and as many for its lists, of the ten that a Temporal frontend
 * answers in a second. Whoever comes back within a minute sees the earlier reading at once.
 */
const MESSAGE_TIMES = { freshMs: 5_000, usableMs: 60_000 };

/** Where thousands need a decision, several pages of them are read. */
const DEAD_LETTER_TIMES = { freshMs: 15_000, usableMs: 60_000 };

/** None of its calls is a search. */
const INSTALLATION_TIMES = { freshMs: 5_000, usableMs: 30_000 };

/** Of the messages that a tenant may see. */
export interface MessageOverview {
  /** ISO 8601: when it was read. */
  at: string;
  /** Of the last 24 hours. */
  outcomes: OutcomeCounts;
  ended: EndedMessages;
  deadLetters: OpenDeadLetters;
  /** Messages that should have been final or dead-lettered by now. */
  overdue: number;
}

/** Of what is the same for everybody. */
export interface InstallationOverview {
  /** In the order of the configuration. The queue is undefined where Temporal doesn't describe it. */
  accounts: { id: AccountId; queue: AccountQueue | undefined }[];
  /** Workers that poll for workflow tasks; undefined where Temporal doesn't say. */
  workers: number | undefined;
  /** Why Temporal doesn't accept writes, with the remedy. */
  writeFault: string | undefined;
}

interface Sources {
  readClient: Client;
  healthClient: Client;
  writes: Pick<WriteProof, 'fault'>;
  accountQueues: AccountQueues;
  configuration: () => Pick<Configuration, 'accounts' | 'overdueAfterMs'>;
}

/** Those without a tenant see the messages of all. No tenant has an empty name. */
const ALL = '';

export class Overviews {
  readonly #messages: SharedReadings<MessageOverview>;
  readonly #installation: SharedReadings<InstallationOverview>;
  readonly #tabs: SharedReadings<TabCounts>;

  constructor(sources: Sources) {
    const { configuration, readClient } = sources;
    const deadLetters = new SharedReadings(
      async (tenant) => await readOpenDeadLetters(readClient, tenantOf(tenant)),
      DEAD_LETTER_TIMES,
    );
    this.#messages = new SharedReadings(
      async (tenant) =>
        await readMessages(readClient, {
          tenant: tenantOf(tenant),
          overdueAfterMs: configuration().overdueAfterMs,
          deadLetters: () => deadLetters.get(tenant),
        }),
      MESSAGE_TIMES,
    );
    this.#tabs = new SharedReadings(
      async (tenant) => await countTabs(readClient, tenantOf(tenant)),
      MESSAGE_TIMES,
    );
    this.#installation = new SharedReadings(
      async () => await readInstallation(sources),
      INSTALLATION_TIMES,
    );
  }

  /** @param tenant one of the configuration's. Rejects where Temporal doesn't answer. */
  async messages(tenant: string | undefined): Promise<MessageOverview> {
    return await this.#messages.get(tenant ?? ALL);
  }

  /** How many messages each list has. @param tenant one of the configuration's. Rejects where Temporal doesn't answer. */
  async tabs(tenant: string | undefined): Promise<TabCounts> {
    return await this.#tabs.get(tenant ?? ALL);
  }

  /** Never rejects: it says what is not known. */
  async installation(): Promise<InstallationOverview> {
    return await this.#installation.get(ALL);
  }
}

function tenantOf(key: string): string | undefined {
  return key === ALL ? undefined : key;
}

async function readMessages(
  client: Client,
  {
    deadLetters: readDeadLetters,
    overdueAfterMs,
    tenant,
  }: {
    tenant: string | undefined;
    overdueAfterMs: number;
    deadLetters: () => Promise<OpenDeadLetters>;
  },
): Promise<MessageOverview> {
  const now = new Date();
  const since = new Date(now.getTime() - DAY_MS).toISOString();
  const [outcomes, ended, deadLetters, overdue] = await Promise.all([
    countOutcomes(client, { since, tenant }),
    readEndedMessages(client, { since, tenant }),
    readDeadLetters(),
    countMessages(client, { ...overdueFilter(overdueAfterMs, now), tenant }),
  ]);
  return { at: now.toISOString(), outcomes, ended, deadLetters, overdue };
}

async function readInstallation({
  accountQueues,
  configuration,
  healthClient,
  writes,
}: Sources): Promise<InstallationOverview> {
  const orUnknown = () => undefined;
  const [accounts, workers, writeFault] = await Promise.all([
    Promise.all(
      configuration().accounts.map(async ({ id }) => ({
        id,
        queue: await accountQueues.of(id).catch(orUnknown),
      })),
    ),
    countWorkers(healthClient).catch(orUnknown),
    writes.fault(),
  ]);
  return { accounts, workers, writeFault };
}
