import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionLike } from '@temporalio/client';
import type { Logger } from 'pino';
import { withinTime } from '../lib/deadline.js';
import { NoAnswerInTime } from './boundedClient.js';
import { GRPC_STATUS, grpcFailureOf } from './grpcStatus.js';
import { namespaceFaults, sentenceOf, type NamespaceFault } from './namespaceFaults.js';

export interface NamespaceWatch {
  /** What the namespace lacks, as of the last look at it; undefined before the first one that Temporal answered. */
  readonly faults: () => readonly NamespaceFault[] | undefined;
  /**
   * Rejects when Temporal has refused for good what it allowed before: the namespace was deleted, or the rights in it were
   * withdrawn. Otherwise it never settles: a Temporal that is away comes back.
   */
  readonly lost: Promise<never>;
  /** Resolves after the first look, whether or not Temporal answered it. */
  readonly looked: Promise<void>;
  stop(): void;
}

/** Two cheap calls each time. */
const LOOK_EVERY_MS = 5_000;

const LOOK_WITHIN_MS = 5_000;

/** A refusal counts when it comes twice, since servers that have just started may not know a namespace yet. */
const LOOK_AGAIN_MS = 1_000;

/**
 * Looks at the namespace again and again, from now on. What it lacks is logged once as an error with the command that fixes it,
 * and so is that it is complete again.
 */
export function watchNamespace(
  connection: ConnectionLike,
  namespace: string,
  windowMs: number,
  log: Logger,
): NamespaceWatch {
  const stopped = new AbortController();
  let hasLooked: () => void = () => undefined;
  const looked = new Promise<void>((resolve) => (hasLooked = resolve));
  let faults: NamespaceFault[] | undefined;
  const report = (now: NamespaceFault[]): void => {
    const before = (faults ?? []).map(sentenceOf);
    for (const sentence of now.map(sentenceOf).filter((each) => !before.includes(each))) {
      log.error({ namespace }, `The Temporal namespace can’t be used as it is: ${sentence}`);
    }
    if (before.length > 0 && now.length === 0) {
      log.info({ namespace }, 'The Temporal namespace has everything that sendproof needs');
    }
    faults = now;
  };

  const lost = (async (): Promise<never> => {
    let refusals = 0;
    let wasAllowed = false;
    while (!stopped.signal.aborted) {
      try {
        const now = await look(connection, namespace, windowMs);
        report(now);
        const isMissing = now.some(({ kind }) => kind === 'namespace');
        if (!isMissing) wasAllowed = true;
        refusals = isMissing ? refusals + 1 : 0;
        if (wasAllowed && refusals > 1) throw new NamespaceLost(now.map(sentenceOf).join('; '));
      } catch (error) {
        if (error instanceof NamespaceLost) throw error;
        refusals = isRefusal(error) ? refusals + 1 : 0;
        if (wasAllowed && refusals > 1) {
          throw new NamespaceLost(`Temporal refuses access to the namespace "${namespace}"`, error);
        }
      }
      hasLooked();
      await sleep(refusals > 0 ? LOOK_AGAIN_MS : LOOK_EVERY_MS, undefined, {
        signal: stopped.signal,
      }).catch(() => undefined);
    }
    return await new Promise<never>(() => undefined);
  })();
  // Whoever waits for it is told; without anybody, it must not count as an unhandled rejection.
  lost.catch(() => undefined);
  return { faults: () => faults, lost, looked, stop: () => stopped.abort() };
}

async function look(
  connection: ConnectionLike,
  namespace: string,
  windowMs: number,
): Promise<NamespaceFault[]> {
  const faults = connection.withDeadline(Date.now() + LOOK_WITHIN_MS, () =>
    namespaceFaults(connection, namespace, windowMs),
  );
  return await withinTime(faults, LOOK_WITHIN_MS, {
    late: () => new NoAnswerInTime(LOOK_WITHIN_MS),
  });
}

/** Nothing works any more until a person acts. */
export class NamespaceLost extends Error {
  override readonly name = 'NamespaceLost';

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
  }
}

function isRefusal(error: unknown): boolean {
  const status = grpcFailureOf(error)?.status;
  return status === GRPC_STATUS.PERMISSION_DENIED || status === GRPC_STATUS.UNAUTHENTICATED;
}
