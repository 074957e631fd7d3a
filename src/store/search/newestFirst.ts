/** Temporal lists open workflows before closed ones, and these by when they closed: here they come by when they started. */
import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';

type Execution = temporal.api.workflow.v1.IWorkflowExecutionInfo;

/** As many as Temporal gives in one answer by default. */
const ANSWER_SIZE = 1_000;
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
 */
export async function listNewestFirst(
  client: Client,
  query: string,
  { limit, after }: { limit: number; after?: PageEnd | undefined },
): Promise<ExecutionPage> {
  const listing = new Listing(client, query, after);
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

  constructor(client: Client, query: string, after: PageEnd | undefined) {
    this.#client = client;
    this.#query = query;
    this.#after = after;
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

  async upTo(span: string | undefined) {
    const last = this.#after && `StartTime <= "${this.#after.startedAt}"`;
    const bounds = [last, span].filter((bound) => bound !== undefined);
    return await this.#ask(bounds.join(' AND '), undefined);
  }

  async #ask(bounds: string, token: Uint8Array | undefined) {
    const answer = await this.#client.workflowService.listWorkflowExecutions({
      namespace: this.#client.workflow.options.namespace,
      query: bounds === '' ? this.#query : `(${this.#query}) AND ${bounds}`,
      pageSize: ANSWER_SIZE,
      nextPageToken: token,
    });
    const more = answer.nextPageToken.length > 0;
    return {
      executions: answer.executions.filter((each) => this.#isBeyond(each)).sort(newerFirst),
      more,
      token: more ? answer.nextPageToken : undefined,
    };
  }

  /** Not on an earlier page. */
  #isBeyond(execution: Execution): boolean {
    if (!this.#after) return true;
    const { startedAt, runId } = this.#after;
    const start = startOf(execution);
    return start < startedAt || (start === startedAt && runOf(execution) < runId);
  }
}

function page(found: Execution[], limit: number, perhapsMore: boolean): ExecutionPage {
  const executions = found.slice(0, limit);
  const last = executions.at(-1);
  const more = found.length > limit || perhapsMore;
  return {
    executions,
    end: more && last ? { startedAt: startOf(last), runId: runOf(last) } : undefined,
  };
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
