/** Reads the address of Temporal from the environment and Temporal's own configuration files. */
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { ConfigurationError } from '../lib/configurationError.js';

export interface TemporalConnection {
  /** For a client's `Connection` and a worker's `NativeConnection` alike. */
  connectionOptions: Pick<NativeConnectionOptions, 'address' | 'apiKey' | 'tls' | 'metadata'>;
  namespace: string;
}

export const DEFAULT_NAMESPACE = 'default';

/**
 * Reads TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS… and the profile of Temporal's
 * configuration file (TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE), as the `temporal` command does. Undefined when neither
 * gives an address: there is no service to use, but an embedded server may be.
 *
 * @throws ConfigurationError if the file, the profile or a certificate can't be read.
 */
export function loadTemporalConnection(
  environment: NodeJS.ProcessEnv,
): TemporalConnection | undefined {
  const { connectionOptions, namespace } = loadProfile(environment);
  if (connectionOptions.address === undefined) return undefined;
  return { connectionOptions, namespace: namespace ?? DEFAULT_NAMESPACE };
}

/** For processes that have no embedded server to fall back to: throws a ConfigurationError where none is configured. */
export function requireTemporalConnection(environment: NodeJS.ProcessEnv): TemporalConnection {
  const connection = loadTemporalConnection(environment);
  if (connection) return connection;
  throw new ConfigurationError(
    'No Temporal service is configured: set TEMPORAL_ADDRESS (as localhost:7233) or a profile of Temporal’s configuration file, or run "npm start", which brings a server with it.',
  );
}

function loadProfile(environment: NodeJS.ProcessEnv): ReturnType<typeof loadClientConnectConfig> {
  const variables = Object.entries(environment).filter(
    // A variable that is set to nothing is not set: compose files and CI systems write it so.
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
  );
  try {
    return loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(variables) });
  } catch (error) {
    throw new ConfigurationError(
      `Temporal's configuration can't be used: ${(error as Error).message}. Fix the file that TEMPORAL_CONFIG_FILE names (by default temporalio/temporal.toml in the user's configuration directory) or the TEMPORAL_… variables.`,
      { cause: error },
    );
  }
}
