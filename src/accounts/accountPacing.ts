/** Sets the limits of the accounts' delivery task queues to those of the configuration. */
import { isGrpcServiceError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { ConfiguredAccount } from '../config/configuration.js';
import type { AccountLimits } from '../destinations/accountPolicy.js';
import { isFair } from '../temporal/fairnessCheck.js';
import { accountTroubleId, deliveryTaskQueue } from '../contract/names.js';
import {
  isForbidden,
  isSameLimit,
  isUnsupported,
  readQueueLimits,
  setQueueLimits,
  type QueueLimits,
} from '../temporal/queueLimits.js';

/**
 * Messages that leave at even intervals don't arrive at even intervals: after a late one, the next one seems early. At exactly
 * the platform's limit some of those would be refused.
 */
const ROOM_FOR_DELAYS = 0.93;

export class AccountPacing {
  readonly #client: Client;
  readonly #log: Logger;
  /** Checked once, and only if a limit for destinations has to be set. */
  #fairness: Promise<boolean> | undefined;
  #warned = false;

  constructor(client: Client, log: Logger) {
    this.#client = client;
    this.#log = log;
  }

  /**
   * Sets the limits of an account's task queue where they differ from the present ones. A queue that the `accountTrouble`
   * workflow has stopped stays stopped: the workflow sets its limit when the trouble is over.
   *
   * @returns false if the server doesn't support such limits or this process may not set them. One warning is logged, and
   * the worker has to enforce the account's limit itself.
   */
  async apply(account: ConfiguredAccount): Promise<boolean> {
    const taskQueue = deliveryTaskQueue(account.id);
    try {
      const present = await readQueueLimits(this.#client, taskQueue);
      const wanted = changedLimits(await this.#supportedLimits(account.limits, present), present);
      const isStopped = wanted.perQueue !== undefined && present.perQueue === 0;
      if (isStopped && (await this.#isInTrouble(account))) delete wanted.perQueue;
      if (wanted.perQueue === undefined && wanted.perFairnessKey === undefined) return true;
      await setQueueLimits(this.#client, taskQueue, wanted, 'sendproof: the account’s limits');
      this.#log.info({ account: account.id, ...wanted }, 'The limits of the account were changed');
      return true;
    } catch (error) {
      if (!isGrpcServiceError(error)) throw error;
      this.#warn(
        isUnsupported(error)
          ? 'This Temporal server doesn’t support limits of task queues (it is older than 1.28): only the limits of whole accounts apply, and the platforms’ own Retry-After'
          : `The limits of task queues can’t be set (${error.details}): only the limits of whole accounts apply, and the platforms’ own Retry-After`,
        error,
      );
      return false;
    }
  }

  /**
   * Stops the account's queue, or sets its limit again. Does nothing if the server doesn't support that, or this process may
   * not do it.
   *
   * @param reason shown with the limit in Temporal's tools
   */
  async allow(account: ConfiguredAccount, isAllowed: boolean, reason: string): Promise<void> {
    const perQueue = isAllowed ? account.limits.perAccount : 0;
    try {
      await setQueueLimits(this.#client, deliveryTaskQueue(account.id), { perQueue }, reason);
    } catch (error) {
      // The log has said so already, when the limits could not be set.
      if (!isUnsupported(error) && !isForbidden(error)) throw error;
    }
  }

  /** The limits that this server can enforce without delaying other destinations. */
  async #supportedLimits(limits: AccountLimits, present: QueueLimits): Promise<AccountLimits> {
    if (limits.perDestination === 'off') return limits;
    const perDestination = ROOM_FOR_DELAYS * limits.perDestination;
    if (isSameLimit(perDestination, present.perFairnessKey)) return { ...limits, perDestination };
    this.#fairness ??= isFair(this.#client);
    if (await this.#fairness) return { ...limits, perDestination };
    this.#warn(
      'This Temporal server is not fair to destinations (matching.useNewMatcher and matching.enableFairness are off): a busy channel delays the others of its account. Only the limits of whole accounts apply, and the platforms’ own Retry-After',
    );
    return { ...limits, perDestination: 'off' };
  }

  async #isInTrouble(account: ConfiguredAccount): Promise<boolean> {
    const handle = this.#client.workflow.getHandle(accountTroubleId(account.id));
    try {
      return (await handle.describe()).status.name === 'RUNNING';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      // Restoring the limit of an account in trouble would be harmful; leaving a limit unchanged is not.
      this.#log.warn(
        { err: error, account: account.id },
        'The account’s trouble could not be looked up: its limit is not changed',
      );
      return true;
    }
  }

  #warn(message: string, error?: unknown): void {
    if (!this.#warned) this.#log.warn({ err: error }, message);
    this.#warned = true;
  }
}

function changedLimits(
  { perAccount, perDestination }: AccountLimits,
  present: QueueLimits,
): Partial<Pick<QueueLimits, 'perQueue' | 'perFairnessKey'>> {
  return {
    ...(!isSameLimit(perAccount, present.perQueue) && { perQueue: perAccount }),
    ...(!isSameLimit(perDestination, present.perFairnessKey) && { perFairnessKey: perDestination }),
  };
}
