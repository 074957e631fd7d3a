/** Accepts what a request has many of: each by itself, and in slices. */
import type { Logger } from 'pino';
import { isRecord } from '../lib/isRecord.js';
import { LoopBreaks } from '../lib/loopBreaks.js';
import { own } from '../lib/own.js';
import { audit, type AuditedAct } from './audit.js';
import type { Operation } from './operation.js';
import type { Problem } from './problem.js';
import { logServerProblem } from './problemHandler.js';
import { problemOf } from './problemOf.js';
import { isRefusal } from './requestAudit.js';

/** Half of the calls to Temporal that may run at once, so that other requests proceed beside a batch. */
const BATCH_SLICE = 50;
/** So many without an answer of Temporal's, and none with one, are no trouble of their own. */
const UNANSWERED_IN_A_ROW = 10;

/** In slices that fit into these bounds, so that a large batch waits for itself instead of being refused. */
export async function acceptInSlices<Item, Result extends { status: number }>(
  items: readonly Item[],
  accept: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let unansweredInARow = 0;
  for (let at = 0; at < items.length; at += BATCH_SLICE) {
    const answers = await Promise.all(await begun(items.slice(at, at + BATCH_SLICE), accept));
    results.push(...answers);
    const unavailable = answers.filter(({ status }) => status === 503);
    const isAnswered = answers.some(({ status }) => status < 300 || status === 422);
    unansweredInARow = isAnswered ? 0 : unansweredInARow + unavailable.length;
    const [last] = unavailable;
    // The other slices would each wait for the same failure, for minutes in all. One item alone decides for no other.
    if (last && unansweredInARow >= UNANSWERED_IN_A_ROW) {
      return items.map((_, index) => results[index] ?? last);
    }
  }
  return results;
}

/** Begins with each item. Between two of them other requests have their turn, since each is parsed and checked at once. */
async function begun<Item, Result>(
  items: readonly Item[],
  accept: (item: Item) => Promise<Result>,
): Promise<Promise<Result>[]> {
  const breaks = new LoopBreaks();
  const all: Promise<Result>[] = [];
  for (const item of items) {
    const one = accept(item);
    // It is awaited with the others. It may fail before these have begun.
    one.catch(() => undefined);
    all.push(one);
    await breaks.take();
  }
  return all;
}

/** One item of a batch that is not accepted: its result is what the answer would be if it was sent alone. */
export function refusedResult(
  error: unknown,
  log: Logger,
  operation: Operation,
  sent: Pick<AuditedAct, 'caller' | 'event' | 'message'>,
): { status: number; problem: ReturnType<Problem['toJSON']> } {
  const problem = problemOf(error);
  logServerProblem(log, problem, operation);
  if (isRefusal(problem.type)) {
    const { type } = problem;
    audit(log, { action: 'send', outcome: 'refused', ...sent, ...operation, problem: type });
  }
  return { status: problem.status, problem: problem.toJSON() };
}

/** The key of an item that may be anything; undefined where it has none. */
export function keyIn(item: unknown, field: 'deduplicationKey' | 'key'): string | undefined {
  const key = isRecord(item) ? own(item, field) : undefined;
  return typeof key === 'string' ? key : undefined;
}
