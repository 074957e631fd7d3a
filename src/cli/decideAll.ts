/** `sendproof dead-letters retry` and `discard`: a decision on all dead letters that match a filter. */
import { setTimeout as sleep } from 'node:timers/promises';
import { newestOf } from '../domain/deadLetter.js';
import { labelOf } from '../domain/destinationNames.js';
import type { ApiClient, BulkDecision, BulkDryRun, BulkProgress } from './apiClient.js';
import type { CommandContext } from './command.js';
import { confirm } from './confirm.js';
import { readDecisionOptions, type DeadLetterOptions } from './deadLetterFilter.js';
import { summaryTable } from './deadLetterSummary.js';
import { ApiProblem, UnreachableError, UsageError } from './errors.js';
import { ExitCode } from './exitCode.js';
import { userName } from './userName.js';

export interface DecideAllOptions extends DeadLetterOptions {
  by?: string;
  dryRun?: true;
  yes?: true;
  wait: boolean;
}

const PROGRESS_INTERVAL_MS = 500;
/** The API or Temporal may be unavailable for a moment. */
const LONGEST_OUTAGE_MS = 30_000;

/** Counts the dead letters, asks for confirmation, sends the decision and shows its progress. */
export async function decideAll(
  action: BulkDecision['action'],
  { by, dryRun, yes, wait, ...options }: DecideAllOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { output } = context;
  const api = context.api();
  const { explanation, filter } = readDecisionOptions(options, output);
  const found = await api.countForDecision(action, filter);
  if (dryRun || found.deadLetters === 0) {
    output.result(found, summaryTable);
    return ExitCode.done;
  }
  if (explanation === undefined)
    throw new UsageError(
      'Add --reason with the explanation of the decision; it is kept with each message.',
    );
  const person = by ?? userName();
  if (!yes) {
    output.remark(describeCounts(found));
    if (!(await confirm(questionOf(action, found.deadLetters), context))) {
      output.remark('Nothing was changed.');
      return ExitCode.failed;
    }
  }
  // What came after the count was not confirmed.
  const at = yes ? undefined : newestOf(found.destinations);
  const decision = await api.decideByFilter(action, {
    filter: { ...filter, ...(at !== undefined && { at }) },
    by: person,
    reason: explanation,
  });
  if (!wait) {
    output.result(decision, ({ id, deadLetters }) => `${outcomeOf(action, deadLetters)} (${id})`);
    return ExitCode.done;
  }
  const progress = await follow(api, decision, context);
  output.result(progress, ({ decided }) => outcomeOf(action, decided));
  return ExitCode.done;
}

function questionOf(action: BulkDecision['action'], count: number): string {
  return action === 'retry'
    ? `Retry ${counted(count)}?`
    : `Discard ${counted(count)}? This cannot be undone.`;
}

/** A sentence for a decision that was accepted, on so many dead letters. */
function outcomeOf(action: BulkDecision['action'], count: number): string {
  return action === 'retry'
    ? `${counted(count)} will be retried, at the rate limits of their accounts`
    : `${counted(count)} will be discarded`;
}

function counted(count: number): string {
  return count === 1 ? '1 dead letter' : `${count} dead letters`;
}

function describeCounts({ destinations, names }: BulkDryRun): string {
  return destinations
    .map(({ destination, count }) => `${labelOf(destination, { names })}: ${count}`)
    .join('\n');
}

/** Resolves when every dead letter has the decision, which is carried out even if this command stops. */
async function follow(
  api: ApiClient,
  decision: BulkDecision,
  { output }: CommandContext,
): Promise<BulkProgress> {
  const bar = output.progressBar(decision.deadLetters);
  let answeredAt = Date.now();
  try {
    for (;;) {
      try {
        const progress = await api.decisionProgress(decision);
        answeredAt = Date.now();
        bar.update(progress.decided);
        if (progress.done) return progress;
      } catch (error) {
        if (!isTemporary(error) || Date.now() - answeredAt > LONGEST_OUTAGE_MS) throw error;
      }
      await sleep(PROGRESS_INTERVAL_MS);
    }
  } finally {
    bar.stop();
  }
}

/** A decision that is not found yet is one that Temporal's visibility does not list yet. */
function isTemporary(error: unknown): boolean {
  return (
    error instanceof UnreachableError ||
    (error instanceof ApiProblem && (error.temporary || error.type === 'not_found'))
  );
}
