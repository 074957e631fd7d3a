import {
  Client,
  GraphClientError,
  ResponseType,
  type Context,
} from '@microsoft/microsoft-graph-client';
import { z } from 'zod';
import { DeliveryError, type Receipt } from '../../domain/delivery.js';
import type { DestinationAdapter, Post, PostQuery } from '../destination.js';
import { secureUrl } from '../../http/endpoint.js';
import {
  asDeliveryError,
  permanent,
  transient,
  unexpectedAnswer,
  withoutPosting,
} from '../../http/failure.js';
import { createTransport, type Transport } from '../../http/transport.js';
import type { TeamsAccount } from './account.js';
import { graphFailure } from './failures.js';
import { messagesResource, parseTeamsPath, type TeamsPlace } from './path.js';
import { isMarked, renderForTeams } from './render.js';
import { scopesFor, SignedInTokens, StaticToken, type TokenSource } from './tokens.js';

const PLATFORM = 'Microsoft Graph';

/** Our clock may be ahead of Microsoft's by this much without a look-up missing the post. */
const CLOCK_ALLOWANCE_MS = 60_000;

/** The largest page: https://learn.microsoft.com/graph/api/channel-list-messages */
const PAGE_SIZE = 50;

const messageSchema = z.object({
  id: z.string(),
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
      : new SignedInTokens(account.signIn, scopesFor(account), signInTransport);
  return new TeamsAdapter(account, tokens, createTransport(PLATFORM, account.requestTimeout));
}

class TeamsAdapter implements DestinationAdapter {
  readonly #client: Client;
  readonly #requestTimeoutMs: number;
  /** Seen false where Teams removed the marker from a post: then a look-up that finds nothing would prove nothing. */
  #markersAreKept = true;

  constructor(account: TeamsAccount, tokens: TokenSource, transport: Transport) {
    this.#requestTimeoutMs = account.requestTimeout;
    this.#client = Client.initWithMiddleware({
      baseUrl: secureUrl(account.graphUrl, 'Microsoft Graph’s address').href.replace(
        /\/(?:v1\.0\/?)?$/,
        '',
      ),
      // No handler that retries or follows redirects: one request is one request.
      middleware: { execute: (context) => send(context, tokens, transport) },
    });
  }

  async post({ deliveryId, path, content, correlation }: Post): Promise<Receipt> {
    const resource = messagesResource(placeOf(path));
    const answer = await call(() =>
      this.#client
        .api(resource)
        .responseType(ResponseType.JSON)
        .post({
          body: { contentType: 'html', content: renderForTeams(content, correlation, deliveryId) },
        }),
    );
    const message = understood(messageSchema, answer);
    this.#markersAreKept = holds(message, deliveryId) ?? this.#markersAreKept;
    return receipt(message);
  }

  find(query: PostQuery): Promise<Receipt | undefined> {
    return withoutPosting(PLATFORM, async () => {
      if (!this.#markersAreKept) throw markersRemoved();
      return this.#search(query);
    });
  }

  async #search({ path, deliveryId, since }: PostQuery): Promise<Receipt | undefined> {
    const resource = messagesResource(placeOf(path));
    const oldest = since.getTime() - CLOCK_ALLOWANCE_MS;
    const deadline = Date.now() + this.#requestTimeoutMs;
    let query: string | undefined = `?$top=${PAGE_SIZE}`;
    while (query !== undefined) {
      const url = resource + query;
      const answer = await call(() => this.#client.api(url).responseType(ResponseType.JSON).get());
      const page = understood(pageSchema, answer);
      const found = page.value.find((message) => holds(message, deliveryId));
      if (found) return receipt(found);
      if (page.value.every((message) => lastChange(message) < oldest)) return undefined;
      if (Date.now() > deadline) throw lookupTooSlow();
      query = nextQuery(page['@odata.nextLink']);
    }
    return undefined;
  }

  async check(): Promise<{ identity: string }> {
    const answer = await withoutPosting(PLATFORM, () =>
      call(() => this.#client.api('/me').responseType(ResponseType.JSON).get()),
    );
    const { displayName, userPrincipalName } = understood(userSchema, answer);
    return {
      identity: [displayName, userPrincipalName].filter(Boolean).join(', ') || 'an unnamed user',
    };
  }
}

function placeOf(path: string): TeamsPlace {
  const place = parseTeamsPath(path);
  if (place) return place;
  throw new DeliveryError(
    'The destination names no place in Teams.',
    permanent('destination_not_found'),
  );
}

/** Undefined where the answer doesn't show the message's body. */
function holds({ body }: GraphMessage, deliveryId: string): boolean | undefined {
  return body?.content == null ? undefined : isMarked(body.content, deliveryId);
}

/** A message that Graph shows without times is never too old to be looked past. */
function lastChange({ createdDateTime, lastModifiedDateTime }: GraphMessage): number {
  const time = Date.parse(lastModifiedDateTime ?? createdDateTime ?? '');
  return Number.isNaN(time) ? Number.POSITIVE_INFINITY : time;
}

/** Only the query of Graph's link to the next page is used, so that the token goes nowhere else. */
function nextQuery(nextLink: string | undefined): string | undefined {
  return nextLink !== undefined && URL.canParse(nextLink) ? new URL(nextLink).search : undefined;
}

function receipt({ id, webUrl }: GraphMessage): Receipt {
  return { messageId: id, ...(webUrl != null && { url: webUrl }) };
}

function understood<T>(schema: z.ZodType<T>, answer: unknown): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  throw unexpectedAnswer(PLATFORM, 'a success without the fields of a message');
}

function markersRemoved(): DeliveryError {
  return new DeliveryError(
    'Teams removed the marker from an earlier post, so posts can’t be looked for.',
    permanent('request_rejected'),
  );
}

function lookupTooSlow(): DeliveryError {
  return new DeliveryError(
    'The messages since the first attempt are more than could be read within the time limit.',
    transient('timeout'),
  );
}

/** Makes a call of the SDK's, which hands on untouched nothing but its own GraphClientError. */
async function call(request: () => Promise<unknown>): Promise<unknown> {
  try {
    return await request();
  } catch (error) {
    throw asDeliveryError(error instanceof GraphClientError ? error.customError : error, PLATFORM);
  }
}

/**
 * The only middleware: authorises, sends, judges the answer. The SDK's own handlers would retry, and leave the token out
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

async function exchange(
  { request, options }: Context,
  tokens: TokenSource,
  transport: Transport,
): Promise<Response> {
  const token = await tokens.token();
  const answer = await transport({
    method: options?.method === 'POST' ? 'POST' : 'GET',
    url: new URL(request as string),
    headers: {
      ...(options?.headers as Record<string, string>),
      accept: 'application/json',
      authorization: `Bearer ${token}`,
    },
    body: options?.body as string | undefined,
  });
  const failure = graphFailure(answer);
  if (answer.status !== 401) tokens.accepted(token);
  else if (tokens.refused(token)) throw tokenToRenew(failure?.platformCode);
  if (failure) throw failure;
  return new Response(answer.body, { status: answer.status, headers: answer.headers });
}

function tokenToRenew(platformCode: string | undefined): DeliveryError {
  return new DeliveryError('Microsoft Graph refused an access token that can be renewed.', {
    ...transient('credentials_rejected'),
    httpStatus: 401,
    platformCode,
  });
}
