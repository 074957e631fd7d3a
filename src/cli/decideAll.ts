/** `sendproof dead-letters retry` and `discard`: a person's decision on all that a filter finds. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FailureReason } from '../domain/delivery.js';
import type { ApiClient, BulkDecision, BulkDryRun, BulkProgress } from './apiClient.js';
import type { CommandContext } from './command.js';
import { confirm } from './confirm.js';
import { summaryTable } from './deadLetterSummary.js';
import { ApiProblem, UnreachableError, UsageError } from './errors.js';
import { ExitCode } from './exitCode.js';
import { userName } from './userName.js';
import type { Destination } from '../domain/destination.js';

export interface DecideAllOptions {
  /** As they were typed: the API judges them. */
  destination?: Destination;
  reason?: FailureReason;
  why?: string;
  by?: string;
  dryRun?: true;
  yes?: true;
  wait: boolean;
}

const PROGRESS_INTERVAL_MS = 500;
/** The API, or Temporal behind it, may be away for a moment. */
const PATIENCE_MS = 30_000;

/** Counts, asks, has it done, and shows how far it has come. */
export async function decideAll(
  action: BulkDecision['action'],
  { destination, reason: failure, why, by, dryRun, yes, wait }: DecideAllOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { output } = context;
  const api = context.api();
  const filter = {
    ...(destination !== undefined && { destination }),
    ...(failure !== undefined && { reason: failure }),
  };
  const counted = await api.countForDecision(action, filter);
  if (dryRun || counted.deadLetters === 0) {
    output.result(counted, summaryTable);
    return ExitCode.done;
  }
  if (why === undefined) throw new UsageError('Say with --why why; it is kept with each message.');
  const person = by ?? userName();
  if (!yes) {
    output.remark(describe(counted));
    if (!(await confirm(`${QUESTIONS[action]} ${String(counted.deadLetters)}?`, context))) {
      output.remark('Nothing was done.');
      return ExitCode.failed;
    }
  }
  const decision = await api.decideByFilter(action, { filter, by: person, reason: why });
  if (!wait) {
    output.result(decision, ({ id, deadLetters }) => `${deadLetters} ${OUTCOMES[action]} (${id})`);
    return ExitCode.done;
  }
  const progress = await follow(api, decision, context);
  output.result(progress, ({ decided }) => `${decided} ${OUTCOMES[action]}`);
  return ExitCode.done;
}

const QUESTIONS = { retry: 'Send again', discard: 'Give up, for good,' } as const;
const OUTCOMES = {
  retry: 'are sent again, as fast as their accounts may post',
  discard: 'are given up',
} as const;

function describe({ destinations }: BulkDryRun): string {
  return destinations.map(({ destination, count }) => `${destination}: ${count}`).join('\n');
}

/** Resolves when each dead letter has been told. That goes on without us: to stop looking stops nothing. */
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
        if (!isPassing(error) || Date.now() - answeredAt > PATIENCE_MS) throw error;
      }
      await sleep(PROGRESS_INTERVAL_MS);
    }
  } finally {
    bar.stop();
  }
}

/** That it isn't known yet is the lag of Temporal's visibility. */
function isPassing(error: unknown): boolean {
  return (
    error instanceof UnreachableError ||
    (error instanceof ApiProblem && (error.passing || error.type === 'not_found'))
  );
}
