/** `sendproof sign-in`: the service user that a Teams account posts as. */
import { loadConfiguration, type ConfiguredAccount } from '../config/configuration.js';
import { DeliveryError } from '../domain/delivery.js';
import type { TeamsAccount } from '../destinations/teams/account.js';
import { teams } from '../destinations/teams/platform.js';
import { signInWithDeviceCode } from '../destinations/teams/tokens.js';
import { createTransport } from '../http/transport.js';
import type { CommandContext } from './command.js';
import { FailureError, UsageError } from './errors.js';
import { ExitCode } from './exitCode.js';
import { formatDuration } from '../lib/formatDuration.js';
import { ConfigurationError } from '../lib/configurationError.js';

/** Signs the user in with a code that is entered in any browser, and keeps the sign-in where the worker reads it. */
export async function signIn(
  accountText: string,
  { environment, output }: CommandContext,
): Promise<ExitCode> {
  try {
    const account = teamsAccount(accountText, loadConfiguration(environment).accounts);
    const { identity } = await signInWithDeviceCode(
      account,
      ({ url, code, expiresInSeconds }) => {
        output.remark(
          `Open ${url}, enter the code ${code}, and sign in as the user that is to post (within ${formatDuration(expiresInSeconds * 1_000)}).`,
        );
      },
      createTransport('the sign-in service', account.requestTimeout),
    );
    output.result(
      { account: accountText, identity },
      (done) =>
        `${done.account} is signed in as ${done.identity}. The workers take it up with their next post.`,
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
  const there = ofTeams.map(({ id }) => id);
  throw new UsageError(
    `"${text}" is no configured Teams account (there ${there.length === 0 ? 'are none' : `is ${there.join(', ')}`}): configure it under accounts.teams, with signIn, or set GRAPH_TENANT_ID and GRAPH_CLIENT_ID for teams:default.`,
  );
}
