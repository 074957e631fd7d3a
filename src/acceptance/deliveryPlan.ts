import { createHash } from 'node:crypto';
import {
  findAccount,
  type Configuration,
  type ConfiguredAccount,
} from '../config/configuration.js';
import { unknownAccount } from '../config/configuredDestinations.js';
import type { FieldFault } from '../domain/acceptance.js';
import { accountId } from '../domain/account.js';
import type { RetryProfile } from '../domain/delivery.js';
import { allDestinations, type Message } from '../domain/message.js';
import { deliveryTaskQueue } from '../contract/names.js';
import { conversationId } from './conversationPlan.js';
import {
  everyMention,
  mayMention,
  mentionsNobody,
  settingFor,
} from '../destinations/mentionPolicy.js';
import { MessageRefused } from './refusal.js';
import type { DeliveryPlan } from '../contract/deliverMessage.js';
import { parseDestination, type Destination } from '../domain/destination.js';
import { own } from '../lib/own.js';

/**
 * Plans the delivery to each destination of the message, each followed by its fallbacks. Throws a MessageRefused that names
 * every destination that can't be used.
 */
export function planDeliveries(message: Message, configuration: Configuration): DeliveryPlan[] {
  const retry = chosenProfile(message, configuration);
  const { conversation } = message;
  const faults: FieldFault[] = [];
  const plans: DeliveryPlan[] = [];
  message.destinations.forEach(({ destination, fallback, fallbackAfterMs }, route) => {
    [destination, ...fallback].forEach((each, place) => {
      const planned = planDelivery(each, configuration);
      if ('detail' in planned) {
        faults.push({ ...planned, field: fieldOf(route, place) });
        return;
      }
      plans.push({
        ...planned,
        ...(retry && { retry }),
        ...(conversation && { conversationId: conversationId(each, conversation.key) }),
        ...(place > 0 && { fallbackFor: plans.length - 1, fallbackAfterMs }),
      });
    });
  });
  faults.push(...mentionFaults(message, configuration));
  if (faults.length > 0) throw new MessageRefused('invalid', faults);
  return plans;
}

/**
 * Each mention must be one that some destination can make, and that the accounts of all those destinations allow. An account that
 * allows nobody is passed over where one on another platform allows the mention: its posts show the message without it.
 */
function mentionFaults(
  { content, destinations }: Message,
  configuration: Configuration,
): FieldFault[] {
  const places = allDestinations(destinations).flatMap((destination) => {
    const parts = parseDestination(destination);
    const account = findAccount(configuration, accountId(parts));
    return account ? [{ account, path: parts.path }] : [];
  });
  return everyMention(content.mentions).flatMap((mention): FieldFault[] => {
    const { field, kind, name } = mention;
    const able = places
      .filter(({ account, path }) => account.platform.canMention?.(kind, name, path))
      .map(({ account }) => account);
    if (able.length === 0) {
      return [{ field, detail: 'can be mentioned at none of the destinations of this message' }];
    }
    const allows = ({ settings }: ConfiguredAccount) => mayMention(mention, settings.mentions);
    const isPassedOver = ({ platform, settings }: ConfiguredAccount) =>
      mentionsNobody(settings.mentions) &&
      able.some((other) => other.platform !== platform && allows(other));
    const refusing = able.find((account) => !allows(account) && !isPassedOver(account));
    if (!refusing) return [];
    const detail = `is not allowed by the account ${refusing.id}: add ${settingFor(mention)} to the account in sendproof.yaml`;
    return [{ field, detail }];
  });
}

function fieldOf(route: number, place: number): string {
  return place === 0 ? `destinations.${route}` : `destinations.${route}.fallback.${place - 1}`;
}

/** The profile that the message names; undefined where each account's own profile applies. */
function chosenProfile(
  { retryProfile }: Message,
  { retryProfiles }: Configuration,
): RetryProfile | undefined {
  if (retryProfile === undefined) return undefined;
  const profile = own(retryProfiles, retryProfile);
  if (profile) return profile;
  const known = Object.keys(retryProfiles).join(', ');
  throw new MessageRefused('invalid', [
    {
      field: 'retryProfile',
      detail: `"${retryProfile}" is not a retry profile: use one of ${known}`,
    },
  ]);
}

function planDelivery(
  destination: Destination,
  configuration: Configuration,
): DeliveryPlan | { detail: string } {
  const parts = parseDestination(destination);
  const account = findAccount(configuration, accountId(parts));
  if (!account) return { detail: unknownAccount(parts, configuration.accounts) };

  const { platform, settings, retry } = account;
  const wrongPath = platform.checkPath(parts.path, settings);
  if (wrongPath !== undefined) return { detail: wrongPath };

  return {
    destination,
    parts,
    taskQueue: deliveryTaskQueue(account.id),
    fairnessKey: fairnessKey(destination),
    retry,
    requestTimeoutMs: settings.requestTimeout,
  };
}

/** Temporal's limit: https://docs.temporal.io/develop/task-queue-priority-fairness */
const FAIRNESS_KEY_MAX_BYTES = 64;

/** The name itself (of a destination or a recipient) where it fits, so that it is readable in Temporal's tools; else its hash. */
export function fairnessKey(name: string): string {
  return Buffer.byteLength(name) <= FAIRNESS_KEY_MAX_BYTES
    ? name
    : createHash('sha256').update(name).digest('base64url');
}
