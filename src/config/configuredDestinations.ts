/** Whether the destinations that the configuration itself names can be posted to. */
import { accountId, type AccountId, type AccountParts } from '../domain/account.js';
import { parseDestination, type Destination } from '../domain/destination.js';
import type { Route } from '../domain/message.js';
import { PLATFORMS } from '../destinations/registry.js';
import type { AccountPolicy } from '../destinations/accountPolicy.js';
import type { Platform } from '../destinations/destination.js';

interface UsableAccount {
  id: AccountId;
  platform: Platform;
  settings: AccountPolicy;
}

/**
 * What is wrong with each destination and fallback, with its place in the file: `operators.destinations.0: …`.
 *
 * @param place of the routes, as `operators.destinations`
 * @param accountsToCome the accounts that are not configured yet, and will be before anything is sent
 */
export function routeFaults(
  routes: readonly Route[],
  place: string,
  accounts: readonly UsableAccount[],
  accountsToCome: readonly AccountId[],
): string[] {
  return routes.flatMap(({ destination, fallback }, index) =>
    [destination, ...fallback].flatMap((each, position) => {
      const within = position === 0 ? '' : `.fallback.${position - 1}`;
      return destinationFaults(each, `${place}.${index}${within}`, accounts, accountsToCome);
    }),
  );
}

/** The same of one destination. */
export function destinationFaults(
  destination: Destination,
  place: string,
  accounts: readonly UsableAccount[],
  accountsToCome: readonly AccountId[],
): string[] {
  const parts = parseDestination(destination);
  const id = accountId(parts);
  const account = accounts.find((candidate) => candidate.id === id);
  if (!account && accountsToCome.includes(id)) return [];
  const fault = account
    ? account.platform.checkPath(parts.path, account.settings)
    : unknownAccount(parts, accounts);
  return fault === undefined ? [] : [`${place}: ${fault}`];
}

/** Why nothing can be sent through this account, which is not configured, and the remedy. */
export function unknownAccount(
  parts: AccountParts,
  accounts: readonly Pick<UsableAccount, 'id'>[],
): string {
  const { platform } = parts;
  const known = PLATFORMS.map(({ name }) => name);
  if (!known.includes(platform)) {
    return `"${platform}" is not a platform: use one of ${known.join(', ')}`;
  }
  const configured = accounts.map(({ id }) => id).join(', ');
  return `the account "${accountId(parts)}" is not configured (there are: ${configured || 'none'}); add it to sendproof.yaml or use one of these`;
}
