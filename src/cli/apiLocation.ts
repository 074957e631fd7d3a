/** Where the commands find the API, and with which key. */
import { ConfigurationError } from '../lib/configurationError.js';
import { readVariables } from '../lib/environment.js';
import { findInstallation } from '../start/runningInstallation.js';
import { UsageError } from './errors.js';

const DEFAULT_PORT = 3000;

export interface ApiLocation {
  /** Without a slash at the end. */
  url: string;
  apiKey: string | undefined;
}

/**
 * Where the API is: the option, SENDPROOF_URL, this machine's PORT, or that of the installation that runs in the data directory; and
 * the key to it: SENDPROOF_API_KEY, or the first of the API's own SENDPROOF_API_KEYS.
 *
 * @throws UsageError if that is no address.
 */
export function locateApi(option: string | undefined, environment: NodeJS.ProcessEnv): ApiLocation {
  if (option !== undefined) assertAddress(option);
  const { SENDPROOF_API_KEY, SENDPROOF_API_KEYS } = orUsageError(() =>
    readVariables(environment, ['SENDPROOF_API_KEY', 'SENDPROOF_API_KEYS']),
  );
  const url = option ?? orUsageError(() => addressFrom(environment));
  const firstKey = SENDPROOF_API_KEYS?.split(',')
    .map((key) => key.trim())
    .find((key) => key !== '');
  return { url: url.replace(/\/+$/, ''), apiKey: SENDPROOF_API_KEY ?? firstKey };
}

/** Addresses with a user name are refused here, since `fetch` refuses them. They are not quoted: they contain a password. */
function assertAddress(option: string): void {
  if (option.includes('@')) {
    throw new UsageError(
      '--api-url must not have a user name or password: set SENDPROOF_API_KEY to the key of the API.',
    );
  }
  if (!/^https?:\/\/./.test(URL.canParse(option) ? option : '')) {
    throw new UsageError(
      `"${option}" is not the address of an API: write --api-url as http://127.0.0.1:3000.`,
    );
  }
}

/** Reads each variable only where it counts. */
function addressFrom(environment: NodeJS.ProcessEnv): string {
  const { SENDPROOF_URL } = readVariables(environment, ['SENDPROOF_URL']);
  if (SENDPROOF_URL !== undefined) return SENDPROOF_URL;
  // 0 is any free port, which only the installation itself knows.
  const { PORT } = readVariables(environment, ['PORT']);
  if (PORT) return `http://127.0.0.1:${PORT}`;
  const found = findInstallation(environment);
  return found?.isRunning ? found.installation.api : `http://127.0.0.1:${DEFAULT_PORT}`;
}

function orUsageError<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}
