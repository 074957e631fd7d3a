/** The HTTP API as the commands use it. Its types are the API's own schemas, of which nothing is loaded. */
import type { z } from 'zod';
import type { acceptanceSchema } from '../api/schema/acceptanceRepresentation.js';
import type { sourceListSchema } from '../api/schema/sourceRepresentation.js';
import type { batchStateSchema } from '../api/schema/batchRepresentation.js';
import type {
  bulkDecisionProgressSchema,
  bulkDecisionSchema,
  bulkDryRunSchema,
  deadLetterSummarySchema,
} from '../api/schema/deadLetterRepresentation.js';
import type {
  decisionSchema,
  erasedMessageSchema,
  messagePageSchema,
  messageStateSchema,
  messageSummarySchema,
  queuedMessageSchema,
} from '../api/schema/messageRepresentation.js';
import type { readinessSchema } from '../api/schema/healthRepresentation.js';
import type { timelineSchema } from '../api/schema/timelineRepresentation.js';
import type { messageSchema } from '../domain/message.js';
import type { RescheduleRequest } from '../domain/rescheduling.js';
import type { OperatorRequest } from '../contract/signals.js';
import type { ApiLocation } from './apiLocation.js';
import { ApiProblem, UnreachableError, type ProblemDocument } from './errors.js';
import type {
  messageQuerySchema,
  bulkDecisionBodySchema,
  deadLetterQuerySchema,
} from '../api/schema/requests.js';
import { batchPath, decisionPath, messagePath } from '../api/schema/paths.js';
import { timeLimit } from '../lib/deadline.js';

/** As it was typed: the API validates it. */
export type MessageRequest = Omit<z.input<typeof messageSchema>, 'destinations'> & {
  destinations: (
    string | { destination: string; fallback: string[]; fallbackAfter: string | undefined }
  )[];
};
export type Acceptance = z.infer<typeof acceptanceSchema>;
export type Batch = z.infer<typeof batchStateSchema>;
export type MessageState = z.infer<typeof messageStateSchema>;
export type QueuedMessage = z.infer<typeof queuedMessageSchema>;
/** A message that was accepted, or one that the queue of `intake` has. */
export type KnownMessage = MessageState | QueuedMessage;
export type MessageSummary = z.infer<typeof messageSummarySchema>;
export type SourceList = z.infer<typeof sourceListSchema>;
export type DeadLetterSummary = z.infer<typeof deadLetterSummarySchema>;
export type BulkRequest = z.input<typeof bulkDecisionBodySchema>;
export type BulkDryRun = z.infer<typeof bulkDryRunSchema>;
export type BulkDecision = z.infer<typeof bulkDecisionSchema>;
export type BulkProgress = z.infer<typeof bulkDecisionProgressSchema>;
export type Timeline = z.infer<typeof timelineSchema>;
type Readiness = z.infer<typeof readinessSchema>;
export type Decision = z.infer<typeof decisionSchema>;
export type ErasedMessage = z.infer<typeof erasedMessageSchema>;
type MessagePage = z.infer<typeof messagePageSchema>;

type Query<Schema extends z.ZodType> = Partial<
  Record<Exclude<keyof z.output<Schema>, 'cursor' | 'limit'>, string | undefined>
>;
export type MessageQuery = Query<typeof messageQuerySchema>;
export type DeadLetterQuery = Query<typeof deadLetterQuerySchema>;

/** What the API takes as `limit`. */
const LARGEST_PAGE = 1_000;

/** The API answers within seconds, also while Temporal is away. */
const REQUEST_TIMEOUT_MS = 30_000;

/** Every method rejects with an ApiProblem where the API refuses, and with an UnreachableError where it doesn't answer. */
export class ApiClient {
  readonly #location: ApiLocation;

  constructor(location: ApiLocation) {
    this.#location = location;
  }

  get url(): string {
    return this.#location.url;
  }

  async send(message: MessageRequest): Promise<Acceptance> {
    return (await this.#request('POST', '/v1/messages', message)) as Acceptance;
  }

  /** @param key of the batch; without one, the same messages are the same batch */
  async sendBatch(messages: readonly unknown[], key: string | undefined): Promise<Batch> {
    return (await this.#request('POST', '/v1/messages/batch', { messages }, undefined, {
      prefer: 'respond-async',
      ...(key !== undefined && { 'idempotency-key': headerText(key) }),
    })) as Batch;
  }

  async batch(id: string, results: 'refused' | 'none'): Promise<Batch> {
    return (await this.#request('GET', withQuery(batchPath(id), { results }))) as Batch;
  }

  async cancelBatch(
    id: string,
    { by, reason }: Pick<OperatorRequest, 'by' | 'reason'>,
  ): Promise<Batch> {
    return (await this.#request('DELETE', withQuery(batchPath(id), { by, reason }))) as Batch;
  }

  /** @param waitMs how long the API holds its answer until the message has ended or needs a decision, at most 60 s */
  async message(deduplicationKey: string, waitMs = 0): Promise<KnownMessage> {
    const path = messagePath(deduplicationKey);
    if (waitMs < 1) return (await this.#request('GET', path)) as KnownMessage;
    const waiting = withQuery(path, { wait: `${Math.ceil(waitMs)}ms` });
    const timeoutMs = REQUEST_TIMEOUT_MS + waitMs;
    return (await this.#request('GET', waiting, undefined, timeoutMs)) as KnownMessage;
  }

  /** Resolves also for a key that no message has. */
  async timeline(deduplicationKey: string): Promise<Timeline> {
    return (await this.#request('GET', `${messagePath(deduplicationKey)}/timeline`)) as Timeline;
  }

  async retry(deduplicationKey: string, request: OperatorRequest): Promise<Decision> {
    const path = `${messagePath(deduplicationKey)}/retry`;
    return (await this.#request('POST', path, request)) as Decision;
  }

  async discard(deduplicationKey: string, request: OperatorRequest): Promise<Decision> {
    const path = `${messagePath(deduplicationKey)}/discard`;
    return (await this.#request('POST', path, request)) as Decision;
  }

  async cancel(
    deduplicationKey: string,
    { by, reason }: Pick<OperatorRequest, 'by' | 'reason'>,
  ): Promise<Decision> {
    const query = withoutUndefined({ by, reason });
    return (await this.#request('DELETE', `${messagePath(deduplicationKey)}?${query}`)) as Decision;
  }

  async erase(
    deduplicationKey: string,
    { by, reason, what }: Pick<OperatorRequest, 'by' | 'reason'> & { what: 'content' | 'all' },
  ): Promise<ErasedMessage> {
    const path = withQuery(messagePath(deduplicationKey), { erase: what, by, reason });
    return (await this.#request('DELETE', path)) as ErasedMessage;
  }

  async reschedule(deduplicationKey: string, request: RescheduleRequest): Promise<MessageState> {
    return (await this.#request('PATCH', messagePath(deduplicationKey), request)) as MessageState;
  }

  /** The newest `limit` messages, and whether there are more. */
  messages(
    query: MessageQuery,
    limit: number,
  ): Promise<{ messages: MessageSummary[]; more: boolean }> {
    return this.#collect('/v1/messages', query, limit);
  }

  /** The newest `limit` messages with a dead letter, and whether there are more. */
  deadLetters(
    query: DeadLetterQuery,
    limit: number,
  ): Promise<{ messages: MessageSummary[]; more: boolean }> {
    return this.#collect('/v1/dead-letters', query, limit);
  }

  /** All sources. */
  async sources(): Promise<SourceList> {
    const path = '/v1/sources';
    const list = (await this.#request('GET', path)) as SourceList;
    let { cursor } = list;
    while (cursor !== undefined) {
      const next = (await this.#request('GET', withQuery(path, { cursor }))) as SourceList;
      list.sources.push(...next.sources);
      ({ cursor } = next);
    }
    return { since: list.since, sources: list.sources };
  }

  async deadLetterSummary(query: DeadLetterQuery): Promise<DeadLetterSummary> {
    const path = withQuery('/v1/dead-letters/summary', query);
    return (await this.#request('GET', path)) as DeadLetterSummary;
  }

  /** Counts the dead letters that a decision would apply to. */
  async countForDecision(
    action: BulkDecision['action'],
    filter: BulkRequest['filter'],
  ): Promise<BulkDryRun> {
    const request: BulkRequest = { filter, dryRun: true };
    return (await this.#request('POST', `/v1/dead-letters/${action}`, request)) as BulkDryRun;
  }

  async decideByFilter(
    action: BulkDecision['action'],
    request: Omit<BulkRequest, 'dryRun'>,
  ): Promise<BulkDecision> {
    return (await this.#request('POST', `/v1/dead-letters/${action}`, request)) as BulkDecision;
  }

  async decisionProgress({ id }: BulkDecision): Promise<BulkProgress> {
    return (await this.#request('GET', decisionPath(id))) as BulkProgress;
  }

  /** The state of the API's checks. "Not ready" is a result, not an error. */
  async readiness(): Promise<Pick<Readiness, 'checks' | 'reasons' | 'warnings'>> {
    const { body } = await this.#exchange('GET', '/readyz');
    const { checks, reasons = [], warnings = [] } = body as Partial<Readiness>;
    if (!checks) throw this.#notSendproof();
    return { checks, reasons, warnings };
  }

  async #collect(
    path: string,
    query: Record<string, string | undefined>,
    limit: number,
  ): Promise<{ messages: MessageSummary[]; more: boolean }> {
    const messages: MessageSummary[] = [];
    let cursor: string | undefined;
    do {
      const pageSize = Math.min(LARGEST_PAGE, limit - messages.length);
      const search = withoutUndefined({ ...query, limit: String(pageSize), cursor });
      const page = (await this.#request('GET', `${path}?${search}`)) as MessagePage;
      messages.push(...page.messages);
      cursor = page.cursor;
    } while (cursor !== undefined && messages.length < limit);
    return { messages, more: cursor !== undefined };
  }

  async #request(
    method: string,
    path: string,
    body?: object,
    timeoutMs?: number,
    headers?: Record<string, string>,
  ): Promise<unknown> {
    const answer = await this.#exchange(method, path, body, timeoutMs, headers);
    if (answer.status < 400) return answer.body;
    if (isProblem(answer.body)) throw new ApiProblem(answer.body);
    throw this.#notSendproof();
  }

  async #exchange(
    method: string,
    path: string,
    body?: object,
    timeoutMs = REQUEST_TIMEOUT_MS,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: object }> {
    const { url, apiKey } = this.#location;
    const limit = timeLimit(timeoutMs);
    let response: Response;
    let text: string;
    try {
      response = await fetch(url + path, {
        method,
        headers: {
          ...headers,
          accept: 'application/json',
          ...(body && { 'content-type': 'application/json' }),
          ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
        },
        ...(body && { body: JSON.stringify(body) }),
        // The API key must not be sent to the target of a redirect.
        redirect: 'manual',
        signal: limit.signal,
      });
      text = await response.text();
    } catch (error) {
      throw unreachable(url, error);
    } finally {
      limit.clear();
    }
    const parsed = parseObject(text);
    if (!parsed) throw this.#notSendproof();
    return { status: response.status, body: parsed };
  }

  #notSendproof(): UnreachableError {
    return new UnreachableError(
      `${this.url} answers, but not as sendproof's API: set --api-url or SENDPROOF_URL to the address of the API.`,
    );
  }
}

/** As a query string. */
function withoutUndefined(parameters: Record<string, string | undefined>): string {
  const given = Object.entries(parameters).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return new URLSearchParams(given).toString();
}

function withQuery(path: string, parameters: Record<string, string | undefined>): string {
  const given = Object.entries(parameters).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}

/** As the API reads it: `fetch` takes bytes in a header, one for each character. */
function headerText(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function isProblem(body: object): body is ProblemDocument {
  const { type, title, detail } = body as Record<string, unknown>;
  return typeof type === 'string' && typeof title === 'string' && typeof detail === 'string';
}

function unreachable(url: string, error: unknown): UnreachableError {
  return new UnreachableError(
    `The API can't be reached at ${url} (${describe(error)}). Start everything with "npm start", or the API alone with "npm run api". If the API has another address, set --api-url or SENDPROOF_URL.`,
    { cause: error },
  );
}

/** `fetch` says only that it failed; the reason is its error's cause. */
function describe(error: unknown): string {
  const { name, cause } = error as Error;
  if (name === 'TimeoutError') return 'no answer in time';
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  switch (code) {
    case 'ECONNREFUSED':
      return 'no process listens on this port';
    case 'ENOTFOUND':
      return 'the host is unknown';
    default:
      return code ?? (cause instanceof Error ? cause.message : 'the connection failed');
  }
}
