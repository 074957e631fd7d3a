/** Reads the address of Temporal from the environment and Temporal's own configuration files. */
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { ConfigurationError } from '../lib/configurationError.js';
import { readVariables, withoutEmptyVariables } from '../lib/environment.js';

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
 * @throws ConfigurationError if a variable has a value that can't be used, or the file, the profile or a certificate can't be
 * read.
 */
export function loadTemporalConnection(
  environment: NodeJS.ProcessEnv,
): TemporalConnection | undefined {
  const { connectionOptions, namespace } = loadProfile(environment);
  if (connectionOptions.address === undefined) return undefined;
  return { connectionOptions, namespace: namespace ?? DEFAULT_NAMESPACE };
}

/**
 * As a worker's connection has it. The SDK means to give it to a client's too, but under a name that gRPC ignores: then a page of a
 * history above 4 MiB can't be read, as of a message with 100 dead letters.
 */
const LONGEST_ANSWER_BYTES = 128 * 1_024 * 1_024;

/** For the connection of every client. */
export function channelArgsFor(address: string | undefined): ChannelArgs {
  return {
    'grpc.max_receive_message_length': LONGEST_ANSWER_BYTES,
    // A client would go through `https_proxy` to this machine too; a worker's connection uses no proxy of the environment.
    ...(isOnThisMachine(address) && { 'grpc.enable_http_proxy': 0 }),
  };
}

/**
 * For the connection of every worker. Within one machine, compressing takes processor time and saves nothing: a message has some
 * twenty requests and answers, which the SDK and the server would each compress with gzip.
 */
export function compressionFor(
  address: string | undefined,
): Pick<NativeConnectionOptions, 'grpcCompression'> {
  return isOnThisMachine(address) ? { grpcCompression: { codec: 'none' } } : {};
}

/** @param address as `localhost:7233` */
function isOnThisMachine(address: string | undefined): boolean {
  return /^(?:localhost|127\.[\d.]+|\[::1\])(?::|$)/i.test(address ?? '');
}

interface ChannelArgs {
  'grpc.max_receive_message_length': number;
  'grpc.enable_http_proxy'?: 0;
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
  const checked = readVariables(environment, [
    'TEMPORAL_ADDRESS',
    'TEMPORAL_NAMESPACE',
    'TEMPORAL_API_KEY',
    'TEMPORAL_TLS',
    'TEMPORAL_TLS_CLIENT_CERT_PATH',
    'TEMPORAL_TLS_CLIENT_KEY_PATH',
    'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
    'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION',
  ]);
  // The library takes any other spelling of "true" for "false".
  const variables = { ...withoutEmptyVariables(environment), ...checked };
  try {
    return loadClientConnectConfig({ overrideEnvVars: variables });
  } catch (error) {
    throw new ConfigurationError(
      `Temporal's configuration can't be used: ${(error as Error).message}. Fix the file that TEMPORAL_CONFIG_FILE names (by default temporalio/temporal.toml in the user's configuration directory) or the TEMPORAL_… variables.`,
      { cause: error },
    );
  }
}
