/** `/`: what the overview shows to whom. */
import type { RequestHandler } from 'express';
import { accountOf } from '../../domain/account.js';
import { troublesOf, type Trouble } from '../../explanation/installation.js';
import { glob } from '../../lib/glob.js';
import { searchableText } from '../../store/searchValues.js';
import type { ApiContext } from '../apiContext.js';
import { callerOf, type Caller } from '../caller.js';
import type { InstallationOverview, MessageOverview } from '../overview.js';
import { problemOf } from '../problemOf.js';
import { sourcesFor } from '../sourceReading.js';
import { OverviewPage, type ShownAccount, type SourceOverview } from './overviewPage.js';
import { isSignedIn, show } from './show.js';

const UNAVAILABLE = 503;

export function showOverview(context: ApiContext): RequestHandler {
  const { log, overviews } = context;
  return async (request, response) => {
    const caller = callerOf(request);
    const [reading, installation] = await Promise.all([
      overviews.messages(caller.tenant).catch((error: unknown): Trouble => {
        const problem = problemOf(error);
        if (problem.status !== UNAVAILABLE) throw error;
        log.warn({ err: error }, 'The overview can’t be read from Temporal');
        return { text: problem.message };
      }),
      overviews.installation(),
    ]);
    const messages = 'text' in reading ? undefined : reading;
    const accounts = accountsFor(caller, installation);
    const troubles = troublesOf({
      outage: 'text' in reading ? reading : undefined,
      deadLetters: {
        count: messages?.deadLetters.summary.deadLetters ?? 0,
        isComplete: messages?.deadLetters.isComplete ?? true,
      },
      overdue: messages?.overdue ?? 0,
      accounts: caller.tenant === undefined ? accounts : withoutCounts(accounts),
      workers: messages && installation.workers,
      writeFault: messages && installation.writeFault,
    });
    if (!messages) response.status(UNAVAILABLE);
    show(
      response,
      <OverviewPage
        {...{ accounts, installation, messages, troubles }}
        isOfTenant={caller.tenant !== undefined}
        now={new Date()}
        signedIn={isSignedIn(request)}
        sources={sourcesOverview(context, caller, messages)}
      />,
    );
  };
}

/** The accounts that the caller may send to. */
function accountsFor(
  { destinations }: Caller,
  { accounts }: InstallationOverview,
): readonly ShownAccount[] {
  if (!destinations) return accounts;
  const allowed = destinations.patterns.map((pattern) =>
    // Before its first slash, a pattern is about accounts.
    glob(pattern.includes('/') ? accountOf(pattern) : pattern),
  );
  return accounts.filter(({ id }) => allowed.some((allows) => allows(id)));
}

/** How many deliveries of others wait is not for tenants. */
function withoutCounts(accounts: readonly ShownAccount[]): ShownAccount[] {
  return accounts.map(({ id, queue }) => ({ id, queue: queue && { ...queue, backlog: 0 } }));
}

function sourcesOverview(
  context: ApiContext,
  caller: Caller,
  messages: MessageOverview | undefined,
): SourceOverview[] {
  return sourcesFor(caller, context).map(({ name, type }) => {
    const acceptedMs = messages?.ended.lastAcceptedMs.get(searchableText(name));
    return {
      name,
      type: type.name,
      lastMessageAt: acceptedMs === undefined ? undefined : new Date(acceptedMs).toISOString(),
      lastRequestAt: context.recentRequests.of(name)[0]?.at,
    };
  });
}
