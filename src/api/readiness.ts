/** Whether messages are accepted and delivered now, and if not, why. */
import type { Client } from '@temporalio/client';
import type { z } from 'zod';
import { longestWindowMs, type Configuration } from '../config/configuration.js';
import { countWorkers } from '../store/pollers.js';
import { GRPC_STATUS, grpcFailureOf } from '../temporal/grpcStatus.js';
import { namespaceFaults, sentenceOf, type NamespaceFault } from '../temporal/namespaceFaults.js';
import type { WriteProof } from '../temporal/writeProof.js';
import type { readinessSchema } from './schema/healthRepresentation.js';
import { problemOf } from './problemOf.js';

export type Readiness = Omit<z.infer<typeof readinessSchema>, 'warnings' | 'queues'>;

export interface JudgedReadiness {
  readiness: Readiness;
  /** What needs attention although messages are accepted, each with the remedy. */
  warnings: string[];
}

/** A complete namespace is looked at again after this time; an incomplete one by the next probe, so that a remedy shows. */
const COMPLETE_FOR_MS = 10_000;

const NO_WORKER = 'No worker polls. Start one: npm run worker.';

/** Probes within this time share one result, however many there are. */
const SHARED_FOR_MS = 500;

export class ReadinessCheck {
  readonly #client: Client;
  readonly #windowMs: number;
  readonly #writes: WriteProof;
  #completeUntil = 0;
  #last: { result: Promise<Readiness>; until: number } | undefined;

  constructor(client: Client, { deduplicationWindow }: Configuration, writes: WriteProof) {
    this.#client = client;
    this.#writes = writes;
    this.#windowMs = longestWindowMs(deduplicationWindow);
  }

  /**
   * The result of all checks. Never rejects.
   *
   * @param onUnreachable is called with the error if Temporal can't be asked
   */
  async run(onUnreachable: (error: unknown) => void): Promise<Readiness> {
    const now = performance.now();
    if (!this.#last || now >= this.#last.until) {
      const last = { result: this.#check(onUnreachable), until: Number.POSITIVE_INFINITY };
      this.#last = last;
      void last.result.then(() => (last.until = performance.now() + SHARED_FOR_MS));
    }
    return await this.#last.result;
  }

  async #check(onUnreachable: (error: unknown) => void): Promise<Readiness> {
    try {
      const faults = await this.#namespaceFaults();
      const exists = faults.every(({ kind }) => kind !== 'namespace');
      const [workers, writeFault] = exists
        ? await Promise.all([countWorkers(this.#client), this.#writes.fault()])
        : [0, undefined];
      const reasons = faults.map(sentenceOf);
      if (writeFault !== undefined) reasons.push(writeFault);
      if (exists && workers === 0) reasons.push(NO_WORKER);
      return readinessOf(
        {
          temporal: true,
          writes: exists && writeFault === undefined,
          worker: workers > 0,
          namespace: faults.length === 0,
        },
        reasons,
      );
    } catch (error) {
      onUnreachable(error);
      const checks = { temporal: false, writes: false, worker: false, namespace: false };
      return readinessOf(checks, [reasonOf(error)]);
    }
  }

  async #namespaceFaults(): Promise<NamespaceFault[]> {
    if (performance.now() < this.#completeUntil) return [];
    const { connection, workflow } = this.#client;
    const faults = await namespaceFaults(connection, workflow.options.namespace, this.#windowMs);
    if (faults.length === 0) this.#completeUntil = performance.now() + COMPLETE_FOR_MS;
    return faults;
  }
}

/** Readiness to accept messages, which are kept until a worker polls. */
export function readinessToAccept({ checks, reasons }: Readiness): JudgedReadiness {
  const { status } = readinessOf({ ...checks, worker: true }, []);
  return {
    readiness: { status, checks, reasons: reasons.filter((each) => each !== NO_WORKER) },
    warnings: reasons.filter((each) => each === NO_WORKER),
  };
}

function readinessOf(checks: Readiness['checks'], reasons: string[]): Readiness {
  const ready = Object.values(checks).every(Boolean);
  return { status: ready ? 'ready' : 'not ready', checks, reasons };
}

/** A probe is no message that could be sent again. */
function reasonOf(error: unknown): string {
  const { status } = grpcFailureOf(error) ?? {};
  const isSilent =
    status === undefined ||
    status === GRPC_STATUS.UNAVAILABLE ||
    status === GRPC_STATUS.DEADLINE_EXCEEDED ||
    status === GRPC_STATUS.CANCELLED;
  return isSilent
    ? 'Temporal doesn’t answer. The log of the API has the cause.'
    : problemOf(error).message;
}
