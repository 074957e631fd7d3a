/** What is known of the configured sources: for the page and for `GET /v1/sources`. */
import type { Request, Response } from 'express';
import type { ConfiguredSource } from '../config/sources.js';
import { allDestinations } from '../domain/message.js';
import type { MessageSummary } from '../domain/messageState.js';
import { own } from '../lib/own.js';
import type { Source } from '../sources/source.js';
import { searchMessages } from '../store/search/messageSearch.js';
import type { ApiContext } from './apiContext.js';
import { messageId } from '../acceptance/messageId.js';
import { basePathOf } from './basePath.js';
import type { Asker } from './findMessage.js';
import { allNamed } from './named.js';
import type { Reception } from './reception.js';
import type { SourceRequestRecord } from './recentSourceRequests.js';

export interface SourceReading {
  name: string;
  type: string;
  /** What its sender is given, without the secret at its end where it has one. */
  url: string;
  /** Whether it is known who sends. */
  authenticated: boolean;
  respondWithinMs: number;
  deduplicationWindowMs: number;
  /** Where what can't be understood is shown; absent: with the operators. */
  unroutable?: string[];
  /** The newest messages of this source. */
  messages: MessageSummary[];
  /** Newest first. */
  requests: readonly SourceRequestRecord[];
  counts: ReadonlyMap<Reception['outcome'], number>;
}

/** Each source costs a search, and nobody reads more at once. */
export const MOST_SOURCES = 50;
const MESSAGES_OF_A_SOURCE = 3;

/** Reads at most `MOST_SOURCES`, in the order of the configuration, beginning with the one of this index. */
export async function readSources(
  context: ApiContext,
  asker: Asker,
  base: string,
  from = 0,
): Promise<SourceReading[]> {
  const sources: SourceReading[] = [];
  // One after the other: these searches must not take the place of other people's.
  for (const source of sourcesFor(asker, context).slice(from, from + MOST_SOURCES)) {
    sources.push(await readSource(source, base, context, asker));
  }
  return sources;
}

/** The sources that the caller may know of. */
export function sourcesFor(
  { tenant }: Asker,
  { configuration: { sources } }: Pick<ApiContext, 'configuration'>,
): readonly ConfiguredSource[] {
  return sources.filter((each) => tenant === undefined || each.tenant === tenant);
}

/** How the senders reach the API: as it is configured, else as this request has. */
export function addressOfApi(
  { configuration }: ApiContext,
  request: Request,
  response: Response,
): string {
  const asked = `${request.protocol}://${request.get('host') ?? ''}${basePathOf(response)}`;
  return configuration.publicUrl ?? asked;
}

async function readSource(
  { name, respondWithinMs, source, tenant, type, unroutable }: ConfiguredSource,
  base: string,
  { configuration, readClient, recentRequests }: ApiContext,
  asker: Asker,
): Promise<SourceReading> {
  const page = { limit: MESSAGES_OF_A_SOURCE, cursor: undefined };
  const found = await searchMessages(readClient, { source: name, tenant: asker.tenant }, page);
  const { bySourceMs, defaultMs } = configuration.deduplicationWindow;
  return {
    name,
    type: type.name,
    url: `${base}/v1/sources/${encodeURIComponent(name)}${hasToken(source) ? '/<token>' : ''}`,
    authenticated: source.isAuthenticated,
    respondWithinMs,
    deduplicationWindowMs: own(bySourceMs, name) ?? defaultMs,
    ...(unroutable && { unroutable: allDestinations(unroutable) }),
    messages: allNamed(found, configuration, asker).messages,
    requests: recentRequests.of(name).map((request) => ({
      ...request,
      // They are kept as the source's own tenant knows them.
      messages: request.messages.map((key) =>
        asker.tenant === undefined ? messageId(tenant, key) : key,
      ),
    })),
    counts: recentRequests.countsOf(name),
  };
}

/** Whether its address ends with a secret, which nobody is shown. */
function hasToken(source: Source): boolean {
  try {
    return source.sign({ headers: {}, body: '' }).token !== undefined;
  } catch (error) {
    // A secret that is not set, or a sample that can't be signed.
    if (error instanceof Error) return false;
    throw error;
  }
}
