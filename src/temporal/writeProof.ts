/** Whether Temporal accepts writes. One with a full disk answers every question, and refuses every message. */
import {
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';
import type { Logger } from 'pino';
import { WRITE_PROOF } from '../contract/names.js';
import { withinTime } from '../lib/deadline.js';
import { NoAnswerInTime } from './boundedClient.js';
import { grpcFailureOf, GRPC_STATUS } from './grpcStatus.js';
import { notingRefusals } from './refusedTries.js';

/** How long a write counts. 240 writes an hour at most. */
const PROVEN_FOR_MS = 15_000;

const WRITE_WITHIN_MS = 3_000;

/**
 * Then the run is replaced. Temporal allows 10,000 signals to a run; however many processes write to it, each of them replaces
 * it as often.
 */
const SIGNALS_PER_RUN = 100;

/** Not in Temporal's words, but the connection's. */
const SILENCE: readonly number[] = [
  GRPC_STATUS.UNAVAILABLE,
  GRPC_STATUS.DEADLINE_EXCEEDED,
  GRPC_STATUS.CANCELLED,
];

export class WriteProof {
  readonly #client: Client;
  readonly #log: Logger;
  readonly #databaseFault: () => string | undefined;
  #nextAt = 0;
  #signalsLeft = 0;
  #accepted = 0;
  #writing: Promise<void> | undefined;
  #fault: string | undefined;
  #refusal: { reason: string; until: number } | undefined;

  /** @param databaseFault what the server's database has refused lately, where that is known: it tells more than the server does */
  constructor(
    client: Client,
    log: Logger,
    databaseFault: () => string | undefined = () => undefined,
  ) {
    this.#client = client;
    this.#log = log;
    this.#databaseFault = databaseFault;
  }

  /** A message was accepted, which is a write too. */
  messageAccepted(): void {
    this.#accepted += 1;
    this.#succeeded();
  }

  /**
   * Why Temporal doesn't accept writes, with the remedy; undefined if it does. Writes if nothing was written in the last 15 s;
   * whoever asks meanwhile shares the result. Never rejects.
   */
  async fault(): Promise<string | undefined> {
    if (performance.now() >= this.#nextAt) {
      this.#writing ??= this.#prove().finally(() => (this.#writing = undefined));
    }
    await this.#writing;
    return this.#fault;
  }

  /** Temporal's words, where it refused the last write, and did so lately. Asks nothing. */
  get refusal(): string | undefined {
    const { reason, until = 0 } = this.#refusal ?? {};
    return performance.now() < until ? reason : undefined;
  }

  async #prove(): Promise<void> {
    this.#nextAt = performance.now() + PROVEN_FOR_MS;
    const acceptedBefore = this.#accepted;
    const { error, refusal } = await notingRefusals(() => this.#writeInTime());
    if (error === undefined) {
      this.#succeeded(this.#nextAt);
    } else if (this.#accepted === acceptedBefore) {
      const failure = refusal ?? grpcFailureOf(error);
      const databaseFault = this.#databaseFault();
      const fault = faultOf(failure, databaseFault);
      const isSilence = failure === undefined || SILENCE.includes(failure.status);
      const reason = databaseFault ?? (isSilence ? undefined : failure.reason);
      this.#refusal =
        reason === undefined ? undefined : { reason, until: performance.now() + 2 * PROVEN_FOR_MS };
      if (this.#fault === undefined) {
        this.#log.error({ err: error, refusal }, `Not ready: ${fault}`);
      }
      this.#fault = fault;
    }
  }

  #succeeded(until = performance.now() + PROVEN_FOR_MS): void {
    if (this.#fault !== undefined) this.#log.info('Temporal accepts writes again');
    this.#fault = undefined;
    this.#refusal = undefined;
    this.#nextAt = until;
  }

  async #writeInTime(): Promise<void> {
    const { connection } = this.#client;
    const deadline = Date.now() + WRITE_WITHIN_MS;
    await withinTime(
      connection.withDeadline(deadline, () => this.#write()),
      WRITE_WITHIN_MS,
      { late: () => new NoAnswerInTime(WRITE_WITHIN_MS) },
    );
  }

  async #write(): Promise<void> {
    if (this.#signalsLeft > 0) {
      try {
        await this.#client.workflow.getHandle(WRITE_PROOF.workflowId).signal('written');
        this.#signalsLeft -= 1;
        return;
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    }
    await this.#replaceRun();
    this.#signalsLeft = SIGNALS_PER_RUN;
  }

  /** A signal makes no workflow task while the start is delayed. A run that nothing replaces ends soon after that. */
  async #replaceRun(): Promise<void> {
    const { taskQueue, workflowId, workflowType } = WRITE_PROOF;
    await this.#client.workflow.start(workflowType, {
      taskQueue,
      workflowId,
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.TERMINATE_EXISTING,
      startDelay: '24 hours',
      workflowRunTimeout: '1 minute',
    });
  }
}

function faultOf(
  failure: ReturnType<typeof grpcFailureOf>,
  databaseFault: string | undefined,
): string {
  const { status, reason } = failure ?? {};
  if (databaseFault !== undefined) return refusedFor(databaseFault);
  switch (status) {
    case GRPC_STATUS.PERMISSION_DENIED:
    case GRPC_STATUS.UNAUTHENTICATED:
      return `Temporal can be reached, but refuses writes with these credentials (${reason}): they need the rights to start and to signal workflows in the namespace.`;
    case undefined:
    case GRPC_STATUS.DEADLINE_EXCEEDED:
    case GRPC_STATUS.CANCELLED:
      return `Temporal can be reached, but gave no answer to a write within ${WRITE_WITHIN_MS / 1_000} s: see its log, and whether its database accepts writes.`;
    default:
      return refusedFor(reason ?? '');
  }
}

function refusedFor(reason: string): string {
  return `Temporal can be reached, but doesn’t accept writes (${reason}): see its log, whether its disk or its database is full or read-only, and its limits.`;
}
