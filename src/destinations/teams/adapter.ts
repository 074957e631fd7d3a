import {
  Client,
  GraphClientError,
  ResponseType,
  type Context,
} from '@microsoft/microsoft-graph-client';
import { z } from 'zod';
import { DeliveryError, type Receipt } from '../../domain/delivery.js';
import type { TokenSource } from '../accessTokens.js';
import type { DestinationAdapter, Edit, Layout, Post, PostQuery, Show } from '../destination.js';
import { secureUrl } from '../../http/endpoint.js';
import {
  parseJson,
  permanent,
  transient,
  unexpectedAnswer,
  withoutPosting,
} from '../../http/failure.js';
import { callTracked } from '../../http/sending.js';
import { createTransport, type Transport } from '../../http/transport.js';
import { searchPages, type PageRequest, type SearchedPage } from '../search.js';
import { assertWellFormed } from '../wellFormed.js';
import type { TeamsAccount } from './account.js';
import { TeamsDirectory } from './directory.js';
import { followUpFailure, graphFailure } from './failures.js';
import { bytesOfMentions, teamsMentions } from './mentions.js';
import { messagesResource, parseTeamsPath, type TeamsPlace } from './path.js';
import { htmlHasMarker, renderForTeams } from './render.js';
import { scopesFor, signedInTokens, StaticToken } from './tokens.js';

const PLATFORM = 'Microsoft Graph';

/** How far our clock may be ahead of Microsoft's before a search misses the post. */
const CLOCK_ALLOWANCE_MS = 60_000;

/** The largest page: https://learn.microsoft.com/graph/api/channel-list-messages */
const PAGE_SIZE = 50;

const messageSchema = z.object({
  id: z.string().min(1),
  webUrl: z.string().nullish(),
  createdDateTime: z.string().nullish(),
  lastModifiedDateTime: z.string().nullish(),
  body: z.object({ content: z.string().nullish() }).nullish(),
});
type GraphMessage = z.infer<typeof messageSchema>;

const pageSchema = z.object({
  value: z.array(messageSchema),
  '@odata.nextLink': z.string().optional(),
});

const NO_MESSAGES: z.input<typeof pageSchema> = { value: [] };

const userSchema = z.object({
  displayName: z.string().nullish(),
  userPrincipalName: z.string().nullish(),
});

/**
 * Throws a ConfigurationError where the credentials can't be read or Graph's address can't be used.
 *
 * @param signInTransport how the sign-in service is reached
 */
export function createTeamsAdapter(
  account: TeamsAccount,
  signInTransport = createTransport('the sign-in service', account.requestTimeout),
): DestinationAdapter {
  const tokens =
    account.signIn === undefined
      ? new StaticToken(account.accessToken?.reveal() ?? '')
      : signedInTokens(account.signIn, scopesFor(account), signInTransport);
  return new TeamsAdapter(account, tokens, createTransport(PLATFORM, account.requestTimeout));
}

class TeamsAdapter implements DestinationAdapter {
  readonly #client: Client;
  readonly #requestTimeoutMs: number;
  readonly #mentions: TeamsAccount['mentions'];
  readonly #directory: TeamsDirectory;
  /** False once Teams has removed the marker from a post: a search without a result would then prove nothing. */
  #markersAreKept = true;

  constructor(account: TeamsAccount, tokens: TokenSource, transport: Transport) {
    this.#requestTimeoutMs = account.requestTimeout;
    this.#mentions = account.mentions;
    this.#directory = new TeamsDirectory((resource) =>
      call(() => this.#client.api(resource).responseType(ResponseType.JSON).get()),
    );
    this.#client = Client.initWithMiddleware({
      baseUrl: secureUrl(account.graphUrl, 'Microsoft Graph’s address').href.replace(
        /\/(?:v1\.0\/?)?$/,
        '',
      ),
      // No handler that retries or follows redirects: one request is one request.
      middleware: { execute: (context) => send(context, tokens, transport) },
    });
  }

  layout(message: Show): Layout {
    const reservedBytes = bytesOfMentions(message.content.mentions);
    return { parts: 1, shortened: renderForTeams(message, '', { reservedBytes }).shortened };
  }

  async post(post: Post): Promise<Receipt> {
    assertWellFormed(post);
    const { content, deliveryId, path } = post;
    const mentions = await teamsMentions(content.mentions, this.#mentions, path, this.#directory);
    const reservedBytes = bytesOfMentions(content.mentions);
    const { html } = renderForTeams(post, deliveryId, { mentions, reservedBytes });
    const answer = await ofThread(post, () =>
      call(() =>
        this.#client
          .api(resourceOf(post))
          .responseType(ResponseType.JSON)
          .post({
            body: { contentType: 'html', content: html },
            ...(mentions.length > 0 && { mentions }),
          }),
      ),
    );
    const message = parseAnswer(messageSchema, answer);
    this.#markersAreKept = hasMarker(message, deliveryId) ?? this.#markersAreKept;
    return receipt(message);
  }

  /**
   * The new content has the marker of the delivery that made the post, so that a search still finds it. It mentions nobody: those
   * who were mentioned were notified.
   */
  async edit(edit: Edit): Promise<Receipt> {
    assertWellFormed(edit);
    const { deliveryId, post } = edit;
    const { html, shortened } = renderForTeams(edit, deliveryId);
    const resource = `${messagesResource(placeOf(edit.path))}/${encodeURIComponent(messageIdOf(post))}`;
    await aboutEarlierPost('edit', () =>
      call(() =>
        this.#client
          .api(resource)
          .responseType(ResponseType.RAW)
          .patch({ body: { contentType: 'html', content: html } }),
      ),
    );
    const { messageId, url } = post;
    return {
      ...(messageId !== undefined && { messageId }),
      ...(url !== undefined && { url }),
      ...(shortened && { shortened }),
    };
  }

  find(query: PostQuery): Promise<Receipt | undefined> {
    return searchPages(query, this.#requestTimeoutMs, (page) =>
      withoutPosting(PLATFORM, async () => {
        if (!this.#markersAreKept) throw markersRemoved();
        return this.#searchPage(query, page);
      }),
    );
  }

  /** A cursor is the query of Graph's link to the page. */
  async #searchPage(
    query: PostQuery,
    { since, cursor = `?$top=${PAGE_SIZE}` }: PageRequest,
  ): Promise<SearchedPage> {
    const { deliveryId } = query;
    const url = resourceOf(query) + cursor;
    const answer = await ofThread(query, () =>
      call(() => this.#client.api(url).responseType(ResponseType.JSON).get()),
    ).catch((error: unknown) => {
      // Nothing answers a post that is gone.
      if (error instanceof DeliveryError && error.reason === 'post_not_found') return NO_MESSAGES;
      throw error;
    });
    const page = parseAnswer(pageSchema, answer);
    const found = page.value.find((message) => hasMarker(message, deliveryId));
    if (found) return { found: receipt(found) };
    const oldest = since.getTime() - CLOCK_ALLOWANCE_MS;
    // A page can be empty, and others follow it: https://learn.microsoft.com/graph/paging
    const isLast =
      page.value.length > 0 && page.value.every((message) => lastChangedAt(message) < oldest);
    return { cursor: isLast ? undefined : nextQuery(page['@odata.nextLink']) };
  }

  async check(): Promise<{ identity: string }> {
    const answer = await withoutPosting(PLATFORM, () =>
      call(() => this.#client.api('/me').responseType(ResponseType.JSON).get()),
    );
    const { displayName, userPrincipalName } = parseAnswer(userSchema, answer);
    return {
      identity: [displayName, userPrincipalName].filter(Boolean).join(', ') || 'an unnamed user',
    };
  }
}

/** The messages among which a post is made and found. */
function resourceOf({ path, replyTo }: Pick<Post, 'path' | 'replyTo'>): string {
  return messagesResource(placeOf(path), replyTo && messageIdOf(replyTo));
}

/** Makes a request about the answers to a post. */
function ofThread<Result>(
  { path, replyTo }: Pick<Post, 'path' | 'replyTo'>,
  request: () => Promise<Result>,
): Promise<Result> {
  const isInThread = replyTo !== undefined && placeOf(path).kind === 'channel';
  return isInThread ? aboutEarlierPost('answer', request) : request();
}

async function aboutEarlierPost<Result>(
  what: 'edit' | 'answer',
  request: () => Promise<Result>,
): Promise<Result> {
  try {
    return await request();
  } catch (error) {
    throw error instanceof DeliveryError ? followUpFailure(error, what) : error;
  }
}

function messageIdOf({ messageId }: Receipt): string {
  if (messageId !== undefined && messageId !== '') return messageId;
  throw new DeliveryError(
    'Nobody knows which message it follows: its receipt has no message id. Nothing was sent.',
    permanent('post_not_found'),
  );
}

function placeOf(path: string): TeamsPlace {
  const place = parseTeamsPath(path);
  if (place) return place;
  throw new DeliveryError(
    'The destination is not a channel or chat of Teams.',
    permanent('destination_not_found'),
  );
}

/** Undefined where the answer doesn't show the message's body. */
function hasMarker({ body }: GraphMessage, deliveryId: string): boolean | undefined {
  return body?.content == null ? undefined : htmlHasMarker(body.content, deliveryId);
}

/** Infinity for a message without times, so that the search never stops at it. */
function lastChangedAt({ createdDateTime, lastModifiedDateTime }: GraphMessage): number {
  const time = Date.parse(lastModifiedDateTime ?? createdDateTime ?? '');
  return Number.isNaN(time) ? Number.POSITIVE_INFINITY : time;
}

/** Only the query of Graph's link to the next page is used, so that the token goes nowhere else. */
function nextQuery(nextLink: string | undefined): string | undefined {
  if (nextLink === undefined) return undefined;
  if (URL.canParse(nextLink)) return new URL(nextLink).search;
  throw unexpectedAnswer(PLATFORM, 'a link to the next page that is not a URL');
}

function receipt({ id, webUrl }: GraphMessage): Receipt {
  return { messageId: id, ...(webUrl != null && { url: webUrl }) };
}

function parseAnswer<T>(schema: z.ZodType<T>, answer: unknown): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  throw unexpectedAnswer(PLATFORM, 'a success without the fields of a message');
}

function markersRemoved(): DeliveryError {
  return new DeliveryError(
    'Teams removed the marker from an earlier post, so posts can’t be searched for.',
    permanent('request_rejected'),
  );
}

/** Makes a call of the SDK, and unwraps its GraphClientError, the only error that it passes on unchanged. */
function call(request: () => Promise<unknown>): Promise<unknown> {
  return callTracked(PLATFORM, request, (error) =>
    error instanceof GraphClientError ? (error.customError ?? error) : error,
  );
}

/**
 * The only middleware: authorises, sends, classifies the answer. The SDK's own handlers would retry, and omit the token
 * where the server isn't Microsoft's.
 */
async function send(context: Context, tokens: TokenSource, transport: Transport): Promise<void> {
  try {
    context.response = await exchange(context, tokens, transport);
  } catch (error) {
    const failure = new GraphClientError();
    failure.customError = error;
    throw failure;
  }
}

const METHODS = ['GET', 'POST', 'PATCH'] as const;

async function exchange(
  { request, options }: Context,
  tokens: TokenSource,
  transport: Transport,
): Promise<Response> {
  const token = await tokens.token();
  const method = METHODS.find((each) => each === options?.method) ?? 'GET';
  const answer = await transport({
    method,
    url: new URL(request as string),
    headers: {
      ...(options?.headers as Record<string, string>),
      accept: 'application/json',
      authorization: `Bearer ${token}`,
    },
    body: options?.body as string | undefined,
  });
  const failure = graphFailure(answer, method === 'PATCH' ? 'nothing' : 'an object');
  if (answer.status !== 401) tokens.markAccepted(token);
  else if (tokens.markRefused(token)) throw tokenToRenew(failure?.platformCode);
  if (failure) throw failure;
  if (method === 'PATCH') return new Response(null, { status: 204 });
  // Known to be JSON, whatever its Content-Type says.
  return Response.json(parseJson(answer.body), { status: answer.status });
}

function tokenToRenew(platformCode: string | undefined): DeliveryError {
  return new DeliveryError('Microsoft Graph refused an access token that can be renewed.', {
    ...transient('credentials_rejected'),
    httpStatus: 401,
    platformCode,
  });
}
