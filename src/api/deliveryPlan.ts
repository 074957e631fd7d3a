import { createHash } from 'node:crypto';
import { accountId, findAccount, type Configuration } from '../config/configuration.js';
import { parseDestination, type DeliveryPlan, type Destination, type Message } from '../message.js';
import { deliveryTaskQueue } from '../temporal/names.js';
import { PLATFORMS } from '../destinations/registry.js';
import { invalidRequest, type FieldError } from './problem.js';

/** How each destination of the message will be served. Throws the problem that names every destination that can't be. */
export function planDeliveries(message: Message, configuration: Configuration): DeliveryPlan[] {
  const errors: FieldError[] = [];
  const plans = message.destinations.map((destination, index) => {
    const planned = planDelivery(destination, message, configuration);
    if ('detail' in planned) {
      errors.push({ field: planned.field ?? `destinations.${index}`, detail: planned.detail });
    }
    return planned;
  });
  if (errors.length > 0) throw invalidRequest(errors);
  return plans as DeliveryPlan[];
}

function planDelivery(
  destination: Destination,
  message: Message,
  configuration: Configuration,
): DeliveryPlan | { field?: string; detail: string } {
  const parts = parseDestination(destination);
  const account = findAccount(configuration, parts.platform, parts.account);
  if (!account) return { detail: unknownAccount(parts, configuration) };

  const { platform, settings, retry } = account;
  const wrongPath = platform.checkPath(parts.path, settings);
  if (wrongPath !== undefined) return { detail: wrongPath };
  const wrongContent = platform.checkContent(message.content);
  if (wrongContent !== undefined) return { field: 'content', detail: wrongContent };

  return {
    destination,
    taskQueue: deliveryTaskQueue(platform.name, account.name),
    fairnessKey: fairnessKey(destination),
    retry,
    requestTimeoutMs: settings.requestTimeout,
  };
}

function unknownAccount(
  { platform, account }: { platform: string; account: string },
  { accounts }: Configuration,
): string {
  const known = PLATFORMS.map(({ name }) => name);
  if (!known.includes(platform)) {
    return `"${platform}" is no platform: there are ${known.join(', ')}`;
  }
  const configured = accounts.map(accountId).join(', ');
  return `the account "${platform}:${account}" is not configured (there are: ${configured || 'none'}); add it to sendproof.yaml or use one of these`;
}

/** Temporal's limit: https://docs.temporal.io/develop/task-queue-priority-fairness */
const FAIRNESS_KEY_MAX_BYTES = 64;

/** The destination itself where it fits, since it is then readable in Temporal's tools; else its hash. */
export function fairnessKey(destination: Destination): string {
  return Buffer.byteLength(destination) <= FAIRNESS_KEY_MAX_BYTES
    ? destination
    : createHash('sha256').update(destination).digest('base64url');
}
