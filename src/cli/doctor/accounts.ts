/** Checks the accounts: whether their secrets exist, and whether the platform accepts them. */
import type { ConfiguredAccount } from '../../config/configuration.js';
import { accountId } from '../../domain/account.js';
import { DeliveryError } from '../../domain/delivery.js';
import type { DestinationAdapter } from '../../destinations/destination.js';
import { isLoopback } from '../../http/endpoint.js';
import { REMEDIES } from '../../domain/remedies.js';
import { broken, note, ok, type Finding } from './finding.js';
import { ConfigurationError } from '../../lib/configurationError.js';

/** @param sandboxed the platforms whose account `default` the sandbox simulates under `npm start` */
export async function checkAccounts(
  accounts: readonly ConfiguredAccount[],
  sandboxed: readonly string[],
): Promise<Finding[]> {
  return [
    ...(await Promise.all(accounts.map(checkAccount))),
    ...sandboxed.map((platform) =>
      note(
        `${accountId({ platform, account: 'default' })} is not configured: "npm start" uses the sandbox instead of the real platform`,
      ),
    ),
  ];
}

async function checkAccount({ id, platform, settings }: ConfiguredAccount): Promise<Finding> {
  let adapter: DestinationAdapter;
  try {
    adapter = platform.createAdapter(settings);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return broken(`${id} cannot be used`, error.message);
  }
  try {
    const { identity } = await adapter.check();
    return ok(`${id} is ${identity}${describeAddress(settings)}`);
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    return broken(
      `${id}${describeAddress(settings)}: ${error.reason}: ${error.message}`,
      remedyFor(error),
    );
  }
}

/** Unlike the remedies of dead letters, without a retry at the end. */
function remedyFor({ reason }: DeliveryError): string {
  switch (reason) {
    case 'credentials_rejected':
      return 'Renew the account’s credentials, or sign its user in again.';
    case 'not_authorised':
      return 'Grant the account’s app the permissions that docs/how-to/connect lists.';
    default:
      return REMEDIES[reason];
  }
}

/** Distinguishes a sandbox from the real platform by the address in the account's settings, if there is one. */
function describeAddress(settings: object): string {
  const address = Object.values(settings).find(
    (value): value is string => typeof value === 'string' && /^https?:/.test(value),
  );
  if (address === undefined) return '';
  const url = new URL(address);
  return isLoopback(url)
    ? `, at ${url.host}: on this machine, like the sandbox, not the real platform`
    : `, at ${url.host}`;
}
