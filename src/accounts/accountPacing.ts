/** Gives the delivery task queues of accounts the limits that the configuration has for them. */
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
 * Messages that leave evenly don't arrive evenly: one that is late makes the next one seem early. At exactly the platform's
 * pace there would be no room for that, and some would be refused.
 */
const ROOM_FOR_DELAYS = 0.93;

export class AccountPacing {
  readonly #client: Client;
  readonly #log: Logger;
  /** Asked once, and only where a limit of destinations is to be set. */
  #fairness: Promise<boolean> | undefined;
  #warned = false;

  constructor(client: Client, log: Logger) {
    this.#client = client;
    this.#log = log;
  }

  /**
   * Sets the limits of an account's task queue where they differ from what is there. The limit of the whole queue is left
   * alone while the account is in trouble: it is then the `accountTrouble` workflow's.
   *
   * @returns false where the server can't keep such limits or this process may not set them: one warning is logged, and
   * the worker has to ask for the account's limit itself
   */
  async apply(account: ConfiguredAccount): Promise<boolean> {
    const taskQueue = deliveryTaskQueue(account.id);
    try {
      const present = await readQueueLimits(this.#client, taskQueue);
      const wanted = differing(await this.#possible(account.limits, present), present);
      if (wanted.perQueue !== undefined && (await this.#isInTrouble(account))) {
        delete wanted.perQueue;
      }
      if (wanted.perQueue === undefined && wanted.perFairnessKey === undefined) return true;
      await setQueueLimits(this.#client, taskQueue, wanted, 'sendproof: the account’s limits');
      this.#log.info({ account: account.id, ...wanted }, 'The account has new limits');
      return true;
    } catch (error) {
      if (!isGrpcServiceError(error)) throw error;
      this.#warn(
        isUnsupported(error)
          ? 'This Temporal server can’t limit task queues (that came with 1.28): only the limits of whole accounts hold, and the platforms’ own Retry-After'
          : `The limits of task queues can’t be set (${error.details}): only the limits of whole accounts hold, and the platforms’ own Retry-After`,
        error,
      );
      return false;
    }
  }

  /**
   * Lets the account's queue pass only a share of its limit, as 0 to hold everything back and 1 for all of it. Does nothing
   * where the server can't do that, or this process may not.
   *
   * @param reason shown with the limit in Temporal's tools
   */
  async allow(account: ConfiguredAccount, share: number, reason: string): Promise<void> {
    const { perAccount } = account.limits;
    // Without a limit of its own, the platform's usual one is a point to start from.
    const base = perAccount === 'off' ? account.platform.limits.perAccount : perAccount;
    const perQueue = share === 1 || base === 'off' ? perAccount : share * base;
    try {
      await setQueueLimits(
        this.#client,
        deliveryTaskQueue(account.id),
        { perQueue: share === 0 ? 0 : perQueue },
        reason,
      );
    } catch (error) {
      // The log has said so already, when the limits could not be set.
      if (!isUnsupported(error) && !isForbidden(error)) throw error;
    }
  }

  /** What to set: what this server can keep without harm. */
  async #possible(limits: AccountLimits, present: QueueLimits): Promise<AccountLimits> {
    if (limits.perDestination === 'off') return limits;
    const perDestination = ROOM_FOR_DELAYS * limits.perDestination;
    if (isSameLimit(perDestination, present.perFairnessKey)) return { ...limits, perDestination };
    this.#fairness ??= isFair(this.#client);
    if (await this.#fairness) return { ...limits, perDestination };
    this.#warn(
      'This Temporal server is not fair to destinations (matching.useNewMatcher and matching.enableFairness are off): a busy channel delays the others of its account, and only the limits of whole accounts hold, and the platforms’ own Retry-After',
    );
    return { ...limits, perDestination: 'off' };
  }

  async #isInTrouble(account: ConfiguredAccount): Promise<boolean> {
    const handle = this.#client.workflow.getHandle(accountTroubleId(account.id));
    try {
      return (await handle.describe()).status.name === 'RUNNING';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      // To lift the limit of an account in trouble would do harm; to leave one as it is does not.
      this.#log.warn(
        { err: error, account: account.id },
        'Whether the account is in trouble is not known: its limit stays as it is',
      );
      return true;
    }
  }

  #warn(message: string, error?: unknown): void {
    if (!this.#warned) this.#log.warn({ err: error }, message);
    this.#warned = true;
  }
}

function differing(
  { perAccount, perDestination }: AccountLimits,
  present: QueueLimits,
): Partial<Pick<QueueLimits, 'perQueue' | 'perFairnessKey'>> {
  return {
    ...(!isSameLimit(perAccount, present.perQueue) && { perQueue: perAccount }),
    ...(!isSameLimit(perDestination, present.perFairnessKey) && { perFairnessKey: perDestination }),
  };
}
