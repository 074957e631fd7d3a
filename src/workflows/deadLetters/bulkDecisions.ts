import { ApplicationFailure } from '@temporalio/workflow';
import { FAILURE_REASONS } from '../../domain/delivery.js';
import { TENANT_NAME } from '../../domain/tenant.js';
import type { BulkRequest, BulkDecision } from '../../contract/deadLetterQueue.js';

const FINISHED_DECISIONS_KEPT = 20;
/** As long as the reason of a single decision may be. */
const TEXT_MAX_LENGTH = 1_000;

/** Throws an ApplicationFailure where the request is not a BulkRequest. People read its message. */
export function validateBulkRequest(request: unknown): void {
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    throw refusal('give one object, as {"by":"ana","reason":"invited the app"}');
  }
  const { by, reason, filter, id, ...unknown } = request as Record<string, unknown>;
  assertText('by', by, 'who decides');
  assertText('reason', reason, 'why');
  if (id !== undefined) assertText('id', id, 'which decision this is');
  assertNoUnknownFields('', unknown);
  if (filter === undefined) return;
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter)) {
    throw refusal('filter: must be an object, as {"reason":"not_authorised"}');
  }
  const { reason: failure, at, tenant, ...unknownFilter } = filter as Record<string, unknown>;
  assertNoUnknownFields('filter.', unknownFilter);
  if (failure !== undefined && !FAILURE_REASONS.some((known) => known === failure)) {
    throw refusal(`filter.reason: must be one of ${FAILURE_REASONS.join(', ')}`);
  }
  if (at !== undefined && (typeof at !== 'string' || Number.isNaN(Date.parse(at)))) {
    throw refusal('filter.at: must be a time as 2026-11-23T12:00:00Z');
  }
  if (tenant !== undefined && !(typeof tenant === 'string' && TENANT_NAME.test(tenant))) {
    throw refusal('filter.tenant: must be the name of a tenant');
  }
}

function assertText(field: string, value: unknown, meaning: string): void {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= TEXT_MAX_LENGTH) return;
  throw refusal(`${field}: say ${meaning}, in 1 to ${TEXT_MAX_LENGTH} characters`);
}

/** A misspelt filter would otherwise be ignored. */
function assertNoUnknownFields(path: string, unknown: Record<string, unknown>): void {
  const [field] = Object.keys(unknown);
  if (field !== undefined) throw refusal(`${path}${field}: unknown field`);
}

function refusal(what: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(what, 'invalid_request');
}

/** The decisions of one queue, in the order of their requests. They are applied one after the other. */
export class BulkDecisions {
  #decisions: BulkDecision[];

  constructor(earlier: BulkDecision[] = []) {
    this.#decisions = earlier;
  }

  /** @returns the new decision, or the earlier one with the same id */
  add(
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
      filter: {
        reason: filter?.reason,
        at: at < requestedAt ? at : requestedAt,
        ...(filter?.tenant !== undefined && { tenant: filter.tenant }),
      },
      requestedAt,
      decided: 0,
    };
    this.#decisions.push(decision);
    return decision;
  }

  /** The decision in progress, or the next one. */
  current(): BulkDecision | undefined {
    return this.#decisions.find(({ finishedAt }) => finishedAt === undefined);
  }

  /** Records that one page was processed; without a cursor it was the last one. */
  recordPage(
    decision: BulkDecision,
    page: { decided: number; cursor?: string | undefined },
    now: Date,
  ): void {
    decision.decided += page.decided;
    decision.cursor = page.cursor;
    if (page.cursor === undefined) decision.finishedAt = now.toISOString();
    const open = this.#decisions.filter(({ finishedAt }) => finishedAt === undefined);
    const done = this.#decisions.filter(({ finishedAt }) => finishedAt !== undefined);
    this.#decisions = [...done.slice(-FINISHED_DECISIONS_KEPT), ...open];
  }

  all(): BulkDecision[] {
    return this.#decisions;
  }
}
