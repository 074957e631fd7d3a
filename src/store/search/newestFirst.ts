/** Temporal lists open workflows before closed ones, and these by when they closed: here they come by when they started. */
import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';

type Execution = temporal.api.workflow.v1.IWorkflowExecutionInfo;

/** As many as Temporal gives in one answer. */
const LONGEST_ANSWER = 1_000;
/** Most lists are shorter than this, and are read whole. */
const SHORTEST_ANSWER = 200;
/** Less than this is not divided any more: what began within one is listed whole. */
const SHORTEST_SPAN_MS = 1_000;

/** Where a page ends, and the next one begins: the start of its last workflow (RFC 3339), and that one's run. */
export interface PageEnd {
  startedAt: string;
  runId: string;
}

export interface ExecutionPage {
  executions: Execution[];
  /** Undefined after the last page. */
  end: PageEnd | undefined;
}

/**
 * The newest workflows that the query finds.
 *
 * With few of them, one question has them all. With more, the sample that Temporal answers with tells a time after which
 * enough have begun, and from now back to that time they are asked for in spans that hold few enough to be sorted here.
 *
 * @param query a list filter of Temporal's visibility
 * @param after the end of the page before
 * @param until the end of the last page that is wanted; without it, all of them are
 * @param areOpen whether the query finds open ones only, which Temporal lists with the newest first: no more than a page is read then
 */
export async function listNewestFirst(
  client: Client,
  query: string,
  {
    after,
    areOpen,
    limit,
    until,
  }: {
    limit: number;
    after?: PageEnd | undefined;
    until?: PageEnd | undefined;
    areOpen: boolean;
  },
): Promise<ExecutionPage> {
  // The page, one more that tells whether there is another, and the last one of the page before.
  const wanted = areOpen ? limit + (after ? 2 : 1) : Math.max(SHORTEST_ANSWER, 4 * limit);
  const answerSize = Math.min(LONGEST_ANSWER, wanted);
  const listing = new Listing(client, query, { after, until, answerSize });
  if (areOpen) return page(await listing.newestOpen(limit), limit, false);
  const sample = await listing.upTo(undefined);
  if (!sample.more) return page(sample.executions, limit, false);

  const enoughSince = Date.parse(startOf(sample.executions[limit - 1] ?? sample.executions.at(-1)));
  const found: Execution[] = [];
  let to = after === undefined ? Date.now() + SHORTEST_SPAN_MS : Date.parse(after.startedAt) + 1;
  let spanMs = to - enoughSince + 1;
  while (found.length <= limit && to > enoughSince) {
    const from = to - Math.max(spanMs, SHORTEST_SPAN_MS);
    const part = await listing.between(from, to, spanMs <= SHORTEST_SPAN_MS);
    if (part.more) {
      spanMs /= 8;
      continue;
    }
    found.push(...part.executions);
    to = from;
    spanMs *= 2;
  }
  return page(found, limit, true);
}

class Listing {
  readonly #client: Client;
  readonly #query: string;
  readonly #after: PageEnd | undefined;
  readonly #until: PageEnd | undefined;
  readonly #answerSize: number;

  constructor(
    client: Client,
    query: string,
    {
      after,
      answerSize,
      until,
    }: { after: PageEnd | undefined; until: PageEnd | undefined; answerSize: number },
  ) {
    this.#client = client;
    this.#query = query;
    this.#after = after;
    this.#until = until;
    this.#answerSize = answerSize;
  }

  /** More than so many where there are more; all of those that have begun at the same time as the last of so many. */
  async newestOpen(limit: number): Promise<Execution[]> {
    const executions: Execution[] = [];
    let part = await this.upTo(undefined);
    executions.push(...part.executions);
    while (part.token && !isCutBetween(executions, limit)) {
      part = await this.upTo(undefined, part.token);
      executions.push(...part.executions);
    }
    return executions.sort(newerFirst);
  }

  /** `from` inclusive, `to` exclusive, in epoch milliseconds. */
  async between(from: number, to: number, whole: boolean) {
    const span = `StartTime >= "${rfc3339(from)}" AND StartTime < "${rfc3339(to)}"`;
    const part = await this.upTo(span);
    if (!whole) return part;
    const executions = [...part.executions];
    let token = part.token;
    while (token) {
      const next = await this.#ask(span, token);
      executions.push(...next.executions);
      token = next.token;
    }
    return { ...part, executions: executions.sort(newerFirst), more: false };
  }

  async upTo(span: string | undefined, token?: Uint8Array) {
    const last = this.#after && `StartTime <= "${this.#after.startedAt}"`;
    const first = this.#until && `StartTime >= "${this.#until.startedAt}"`;
    const bounds = [last, first, span].filter((bound) => bound !== undefined);
    return await this.#ask(bounds.join(' AND '), token);
  }

  async #ask(bounds: string, token: Uint8Array | undefined) {
    const answer = await this.#client.workflowService.listWorkflowExecutions({
      namespace: this.#client.workflow.options.namespace,
      query: bounds === '' ? this.#query : `(${this.#query}) AND ${bounds}`,
      pageSize: this.#answerSize,
      nextPageToken: token,
    });
    const more = answer.nextPageToken.length > 0;
    return {
      executions: answer.executions.filter((each) => this.#isWithin(each)).sort(newerFirst),
      more,
      token: more ? answer.nextPageToken : undefined,
    };
  }

  /** Neither on an earlier page, nor on a later one than the last that is wanted. */
  #isWithin(execution: Execution): boolean {
    const isBeyond = (end: PageEnd) => {
      const start = startOf(execution);
      return start < end.startedAt || (start === end.startedAt && runOf(execution) < end.runId);
    };
    return (!this.#after || isBeyond(this.#after)) && !(this.#until && isBeyond(this.#until));
  }
}

function page(found: Execution[], limit: number, perhapsMore: boolean): ExecutionPage {
  const executions = found.slice(0, limit);
  const last = executions.at(-1);
  const more = found.length > limit || perhapsMore;
  return {
    executions,
    end: more && last ? endAt(last) : undefined,
  };
}

/** The end of a page that this workflow is the last one of. */
export function endAt(execution: Execution): PageEnd {
  return { startedAt: startOf(execution), runId: runOf(execution) };
}

/** Whether the page of so many ends between two times. Of one time, Temporal has them in an order of its own. */
function isCutBetween(newestFirst: readonly Execution[], limit: number): boolean {
  const last = newestFirst.at(-1);
  return newestFirst.length > limit && startOf(last) < startOf(newestFirst[limit - 1]);
}

function newerFirst(one: Execution, other: Execution): number {
  const [a, b] = [startOf(one) + runOf(one), startOf(other) + runOf(other)];
  return a < b ? 1 : a > b ? -1 : 0;
}

/** To the nanosecond, always of the same length, so that comparing the text compares the times. */
function startOf(execution: Execution | undefined): string {
  const { seconds, nanos } = execution?.startTime ?? {};
  const fraction = String(nanos ?? 0).padStart(9, '0');
  return `${new Date(Number(seconds ?? 0) * 1_000).toISOString().slice(0, 19)}.${fraction}Z`;
}

function runOf(execution: Execution): string {
  return execution.execution?.runId ?? '';
}

function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}
