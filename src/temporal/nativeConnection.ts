import { NativeConnection } from '@temporalio/worker';
import { ConfigurationError } from '../lib/configurationError.js';
import { compressionFor, type TemporalConnection } from './connection.js';

/** Connects workers to Temporal. Throws a ConfigurationError where it can't be reached. */
export async function connectWorkers({
  connectionOptions,
}: TemporalConnection): Promise<NativeConnection> {
  try {
    const compression = compressionFor(connectionOptions.address);
    return await NativeConnection.connect({ ...compression, ...connectionOptions });
  } catch (error) {
    throw new ConfigurationError(
      `Temporal at ${connectionOptions.address ?? 'an unknown address'} can’t be reached: ${(error as Error).message}. Start it, or correct TEMPORAL_ADDRESS (or the profile of Temporal's configuration file). Without an address "npm start" uses its embedded server.`,
      { cause: error },
    );
  }
}
