/** `sendproof sign-in`: the service user that a Teams account posts as. */
import { loadConfiguration, type ConfiguredAccount } from '../config/configuration.js';
import { DeliveryError } from '../domain/delivery.js';
import type { TeamsAccount } from '../destinations/teams/account.js';
import { teams } from '../destinations/teams/platform.js';
import { signInWithDeviceCode } from '../destinations/teams/tokens.js';
import { SANDBOX_ACCOUNTS } from '../start/sandboxAccounts.js';
import { createTransport } from '../http/transport.js';
import type { CommandContext } from './command.js';
import { FailureError, UsageError } from './errors.js';
import { ExitCode } from './exitCode.js';
import { formatDuration } from '../lib/formatDuration.js';
import { ConfigurationError } from '../lib/configurationError.js';

/** Signs the user in with a code for any browser, and stores the sign-in where the worker reads it. */
export async function signIn(
  accountText: string,
  { environment, output }: CommandContext,
): Promise<ExitCode> {
  try {
    const account = teamsAccount(
      accountText,
      loadConfiguration(environment, SANDBOX_ACCOUNTS).accounts,
    );
    const { identity } = await signInWithDeviceCode(
      account,
      ({ url, code, expiresInSeconds }) => {
        output.remark(
          `Open ${url}, enter the code ${code}, and sign in as the user that posts the messages (within ${formatDuration(expiresInSeconds * 1_000)}).`,
        );
      },
      createTransport('the sign-in service', account.requestTimeout),
    );
    output.result(
      { account: accountText, identity },
      (done) =>
        `${done.account} is signed in as ${done.identity}. The workers use this sign-in for their next post.`,
    );
    return ExitCode.done;
  } catch (error) {
    if (error instanceof ConfigurationError || error instanceof DeliveryError) {
      throw new FailureError(error.message, { cause: error });
    }
    throw error;
  }
}

function teamsAccount(text: string, accounts: readonly ConfiguredAccount[]): TeamsAccount {
  const ofTeams = accounts.filter(({ platform }) => platform.name === teams.name);
  const account = ofTeams.find(({ id }) => id === text);
  // What is configured for the platform was parsed by its schema.
  if (account) return account.settings as TeamsAccount;
  const configured = ofTeams.map(({ id }) => id);
  throw new UsageError(
    `The Teams account "${text}" is not configured (configured: ${configured.join(', ') || 'none'}). Configure it under accounts.teams, with signIn, or set GRAPH_TENANT_ID and GRAPH_CLIENT_ID for teams:default.`,
  );
}
