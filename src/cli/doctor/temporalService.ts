/** Checks the Temporal service: whether it is reachable, and configured as sendproof needs it. */
import { Connection, isGrpcServiceError } from '@temporalio/client';
import { longestWindowMs, type DeduplicationWindow } from '../../config/configuration.js';
import { loadEmbeddedSettings } from '../../embedded/settings.js';
import {
  channelArgsFor,
  loadTemporalConnection,
  type TemporalConnection,
} from '../../temporal/connection.js';
import { searchAttributeFaults } from '../../temporal/namespaceFaults.js';
import { tryingAgain } from '../../temporal/refusedTries.js';
import { checkRetention } from '../../temporal/retention.js';
import { SEARCH_ATTRIBUTES } from '../../contract/searchAttributes.js';
import { formatDuration } from '../../lib/formatDuration.js';
import { readVariables } from '../../lib/environment.js';
import { shellCommand } from '../../lib/shellCommand.js';
import { findInstallation } from '../../start/runningInstallation.js';
import { broken, note, ok, type Finding } from './finding.js';
import { ConfigurationError } from '../../lib/configurationError.js';

/** A service that answers more slowly is not usable. */
const TIMEOUT_MS = 3_000;

export interface TemporalPlace extends TemporalConnection {
  /** Whether it is the server that `npm start` starts. */
  embedded: boolean;
}

/**
 * The configured service; else the one that the installation in the data directory uses; else the embedded server's default.
 *
 * @throws ConfigurationError if the variables or Temporal's own configuration file are not valid
 */
export function locateTemporal(environment: NodeJS.ProcessEnv): TemporalPlace {
  const service = loadTemporalConnection(environment);
  if (service) return { ...service, embedded: false };
  const { port, namespace } = loadEmbeddedSettings(environment);
  const { TEMPORAL_NAMESPACE, TEMPORAL_PORT } = readVariables(environment, [
    'TEMPORAL_NAMESPACE',
    'TEMPORAL_PORT',
  ]);
  const found = TEMPORAL_PORT ? undefined : findInstallation(environment);
  if (found?.isRunning) {
    const { temporal } = found.installation;
    return {
      connectionOptions: { address: temporal.address },
      namespace: TEMPORAL_NAMESPACE ?? temporal.namespace,
      embedded: temporal.embedded,
    };
  }
  return { connectionOptions: { address: `127.0.0.1:${port}` }, namespace, embedded: true };
}

/** @param window undefined if the configuration cannot be read */
export async function checkTemporalService(
  place: TemporalPlace,
  window: DeduplicationWindow | undefined,
): Promise<Finding[]> {
  const address = place.connectionOptions.address ?? 'an unknown address';
  const name = place.embedded ? `embedded server at ${address}` : `service at ${address}`;
  let connection: Connection;
  try {
    connection = await Connection.connect({
      interceptors: [tryingAgain],
      ...place.connectionOptions,
      channelArgs: channelArgsFor(place.connectionOptions.address),
      connectTimeout: TIMEOUT_MS,
    });
  } catch (error) {
    return [
      broken(
        `${name} can't be reached: ${(error as Error).message}`,
        place.embedded
          ? '"npm start" starts it. To use another Temporal service, set TEMPORAL_ADDRESS.'
          : 'Start it, or correct TEMPORAL_ADDRESS and the other TEMPORAL_… variables (or the profile in Temporal’s configuration file). Without them, the embedded server is used.',
      ),
      note('namespace, retention and search attributes: not checked'),
    ];
  }
  try {
    return await connection.withDeadline(Date.now() + 2 * TIMEOUT_MS, () =>
      checkNamespace(connection, place, name, window),
    );
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error;
    return [broken(`${name}: ${reasonOf(error)}`, 'Try again; the service’s log has more.')];
  } finally {
    await connection.close();
  }
}

/** https://grpc.io/docs/guides/status-codes */
const GRPC_NOT_FOUND = 5;

async function checkNamespace(
  connection: Connection,
  { namespace, embedded }: TemporalPlace,
  name: string,
  window: DeduplicationWindow | undefined,
): Promise<Finding[]> {
  const { serverVersion } = await connection.workflowService.getSystemInfo({});
  const reachable = ok(`${name} answers, Temporal ${serverVersion}`);
  try {
    await connection.workflowService.describeNamespace({ namespace });
  } catch (error) {
    return [
      reachable,
      broken(
        `namespace "${namespace}": ${reasonOf(error)}`,
        (error as { code?: unknown }).code === GRPC_NOT_FOUND
          ? `Set TEMPORAL_NAMESPACE to a namespace that exists, or create it: ${shellCommand('temporal operator namespace create', [], { namespace, retention: '72h' })}`
          : 'Check that the API key or certificate in the TEMPORAL_… variables is valid for this namespace.',
      ),
    ];
  }
  return [
    reachable,
    ok(`namespace "${namespace}" exists`),
    ...(window ? [await checkRetentionOf(connection, namespace, window)] : []),
    ...(await checkSearchAttributes(connection, namespace)),
    checkPacing(serverVersion, embedded),
  ];
}

async function checkRetentionOf(
  connection: Connection,
  namespace: string,
  window: DeduplicationWindow,
): Promise<Finding> {
  const windowMs = longestWindowMs(window);
  try {
    await checkRetention(connection, namespace, windowMs);
    return ok(`retention covers the deduplication window of ${formatDuration(windowMs)}`);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return broken('retention is shorter than the deduplication window', error.message);
  }
}

async function checkSearchAttributes(
  connection: Connection,
  namespace: string,
): Promise<Finding[]> {
  const faults = await searchAttributeFaults(connection, namespace);
  if (!faults) return [note('search attributes: these credentials do not allow listing them')];
  if (faults.length === 0) {
    return [ok(`all ${SEARCH_ATTRIBUTES.length} search attributes are registered`)];
  }
  return faults.map(({ fault, remedy }) => broken(fault, remedy));
}

/** The first version with fairness keys and their rate limits. */
const PACING_SINCE = '1.29';

/** Dynamic configuration cannot be read through the API: only the version and the embedded server are certain. */
function checkPacing(serverVersion: string, embedded: boolean): Finding {
  const versionOrder = new Intl.Collator('en', { numeric: true });
  if (versionOrder.compare(serverVersion, PACING_SINCE) < 0) {
    return broken(
      `Temporal ${serverVersion} has no rate limit for each destination: a busy channel delays the others`,
      `Upgrade Temporal to ${PACING_SINCE} or newer.`,
    );
  }
  return embedded
    ? ok('rate limits for each destination: "npm start" enables them')
    : note(
        'rate limits for each destination: cannot be checked from here',
        'Check that Temporal’s dynamic configuration sets matching.useNewMatcher and matching.enableFairness to true, as in deploy/temporal/dynamic-config.',
      );
}

/** The error message of gRPC. */
function reasonOf(error: unknown): string {
  if (isGrpcServiceError(error)) return error.details;
  return (error as Error).message;
}
