import { ApplicationFailure } from '@temporalio/workflow';
import { FAILURE_REASONS } from '../../domain/delivery.js';
import type { BulkRequest, BulkDecision } from '../../contract/deadLetterQueue.js';

/** Of those that are done. */
const REMEMBERED = 20;
/** As for the reason of a single decision. */
const WORDS_MAX_LENGTH = 1_000;

/** Refuses what is not a BulkRequest; the person at the `temporal` command or the API reads the message. */
export function validateBulkRequest(request: unknown): void {
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    throw refusal('give one object, as {"by":"ana","reason":"invited the app"}');
  }
  const { by, reason, filter, id, ...unknown } = request as Record<string, unknown>;
  demandWords('by', by, 'who decides');
  demandWords('reason', reason, 'why');
  if (id !== undefined) demandWords('id', id, 'which decision this is');
  demandNothing('', unknown);
  if (filter === undefined) return;
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter)) {
    throw refusal('filter: must be an object, as {"reason":"not_authorised"}');
  }
  const { reason: failure, at, ...unknownFilter } = filter as Record<string, unknown>;
  demandNothing('filter.', unknownFilter);
  if (failure !== undefined && !FAILURE_REASONS.some((known) => known === failure)) {
    throw refusal(`filter.reason: must be one of ${FAILURE_REASONS.join(', ')}`);
  }
  if (at !== undefined && (typeof at !== 'string' || Number.isNaN(Date.parse(at)))) {
    throw refusal('filter.at: must be a time as 2026-11-23T12:00:00Z');
  }
}

function demandWords(field: string, value: unknown, meaning: string): void {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= WORDS_MAX_LENGTH) return;
  throw refusal(`${field}: say ${meaning}, in 1 to ${WORDS_MAX_LENGTH} characters`);
}

/** A filter that is misspelt would be no filter at all. */
function demandNothing(path: string, unknown: Record<string, unknown>): void {
  const [field] = Object.keys(unknown);
  if (field !== undefined) throw refusal(`${path}${field}: there is no such field`);
}

function refusal(what: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(what, 'invalid_request');
}

/** The decisions of one queue: made one after the other, in the order that they were asked for. */
export class BulkDecisions {
  #decisions: BulkDecision[];

  constructor(earlier: BulkDecision[] = []) {
    this.#decisions = earlier;
  }

  /** @returns the decision, which may have been asked for before */
  take(
    action: BulkDecision['action'],
    { by, reason, filter, id }: BulkRequest,
    now: Date,
    newId: () => string,
  ): BulkDecision {
    const known = this.#decisions.find((decision) => decision.id === id);
    if (known) return known;
    const requestedAt = now.toISOString();
    const at = filter?.at === undefined ? requestedAt : new Date(filter.at).toISOString();
    const decision: BulkDecision = {
      id: id ?? newId(),
      action,
      by,
      reason,
      filter: { reason: filter?.reason, at: at < requestedAt ? at : requestedAt },
      requestedAt,
      decided: 0,
    };
    this.#decisions.push(decision);
    return decision;
  }

  /** The one that is under way, or the next. */
  current(): BulkDecision | undefined {
    return this.#decisions.find(({ finishedAt }) => finishedAt === undefined);
  }

  /** Takes note of what became of a page of the list; without a cursor it was the last one. */
  progress(decision: BulkDecision, page: { decided: number; cursor?: string }, now: Date): void {
    decision.decided += page.decided;
    decision.cursor = page.cursor;
    if (page.cursor === undefined) decision.finishedAt = now.toISOString();
    const open = this.#decisions.filter(({ finishedAt }) => finishedAt === undefined);
    const done = this.#decisions.filter(({ finishedAt }) => finishedAt !== undefined);
    this.#decisions = [...done.slice(-REMEMBERED), ...open];
  }

  all(): BulkDecision[] {
    return this.#decisions;
  }
}
