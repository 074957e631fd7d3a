/**
 * Every environment variable that sendproof and its libraries read, and what its value must be. A variable that is set to
 * nothing is not set: compose files and CI systems write it so.
 */
import { accessSync, constants } from 'node:fs';
import { isIP } from 'node:net';
import { parseAddressRange, type AddressRange } from './addressRange.js';
import { parseBasePath } from './basePath.js';
import { ConfigurationError } from './configurationError.js';
import { durationMs } from './duration.js';
import { parseProxyUrl, type ProxyUrl } from './proxyUrl.js';

interface Variable<Value> {
  /** What it is to be set to, as an error says it. */
  form: string;
  /** Undefined where the text is not a usable value. */
  parse: (text: string) => Value | undefined;
  /** Its value is never shown, because it is a secret or contains one. */
  isSecret?: boolean;
  /** Lists the allowed values, so that the error can name the nearest. */
  allowed?: readonly string[];
}

const TEXT: Variable<string> = { form: 'any text', parse: (text) => text };
/** Read by a library that tolerates any value. */
const SECRET: Variable<string> = { ...TEXT, isSecret: true };

/** Sent in an HTTP header, which may contain nothing else. */
const TOKEN: Variable<string> = {
  form: 'ASCII characters on one line',
  parse: (text) => (/^[\x20-\x7e]+$/.test(text) ? text : undefined),
  isSecret: true,
};

const PORT: Variable<number> = {
  form: 'a whole number from 0 to 65535 (0: any free port)',
  parse: (text) => portOf(text),
};

const HOST: Variable<string> = {
  form: 'an IP address of this machine, or its name, without a port (127.0.0.1 for programs on this machine, 0.0.0.0 for all)',
  parse: hostOf,
};

const HTTP_URL: Variable<string> = {
  form: 'a URL that begins with http:// or https://',
  parse: httpUrlOf,
};
const SECRET_HTTP_URL: Variable<string> = { ...HTTP_URL, isSecret: true };

const READABLE_FILE: Variable<string> = {
  form: 'the path of a file that this user may read',
  parse: (path) => (isReadable(path) ? path : undefined),
};

const PROXY: Variable<ProxyUrl> = {
  form: 'the address of an HTTP proxy, as http://proxy.example.com:3128, or of a SOCKS5 proxy, as socks5://…',
  parse: parseProxyUrl,
  isSecret: true,
};

const WHOLE_NUMBER: Variable<number> = {
  form: 'a whole number, 0 or more',
  parse: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined),
};

const TRUE_OR_FALSE = oneOf('true', 'false');

/** The names of pino's levels, which the log has. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const VARIABLES = {
  // The API, the worker and what they share.
  HOST,
  PORT,
  LOG_LEVEL: oneOf(...LOG_LEVELS),
  SENDPROOF_CONFIG: TEXT,
  SENDPROOF_DATA_DIR: TEXT,
  SENDPROOF_API_KEYS: TOKEN,
  DEDUPLICATION_WINDOW: {
    form: 'a duration with its unit, as 24h or 90m',
    parse: (text: string) => durationMs.safeParse(text).data,
  },
  PUBLIC_URL: {
    form: 'the URL at which people reach the API, as https://sendproof.example.com, without a user name, ? and #',
    parse: publicUrlOf,
  },
  BASE_PATH: {
    form: 'the path below which a proxy shows the API, as /sendproof, of letters, digits and . _ ~ - between slashes, and none of the API’s own paths',
    parse: (text: string) => parseBasePath(text.startsWith('/') ? text : `/${text}`),
  },
  SENDPROOF_ALLOWED_HOSTS: {
    form: 'names of hosts without scheme and port, with commas between, as sendproof.example.com,*.internal.example.com',
    parse: hostNamesOf,
  },
  SENDPROOF_TRUSTED_PROXIES: {
    form: 'the addresses of proxies, or ranges of them, with commas between, as 10.1.2.3,10.2.0.0/16,fd00::/8',
    parse: addressRangesOf,
  },
  SENDPROOF_DEPLOYMENT_NAME: TEXT,
  SENDPROOF_BUILD_ID: TEXT,
  SENDPROOF_CACHED_WORKFLOWS: {
    form: 'a whole number, 2 or more',
    parse: (text: string) =>
      /^\d{1,9}$/.test(text) && Number(text) >= 2 ? Number(text) : undefined,
  },
  WORKER_METRICS_ADDRESS: {
    form: 'host:port, as 127.0.0.1:9465, or 0.0.0.0:9465 for other machines too',
    parse: listenAddressOf,
  },
  INGEST_METRICS_ADDRESS: {
    form: 'host:port, as 127.0.0.1:9466, or 0.0.0.0:9466 for other machines too',
    parse: listenAddressOf,
  },
  // The command line.
  SENDPROOF_URL: {
    form: 'the URL of the API, as https://sendproof.example.com, without a user name (the key goes into SENDPROOF_API_KEY)',
    parse: (text: string) => (hasUserName(text) ? undefined : httpUrlOf(text)),
  },
  SENDPROOF_API_KEY: TOKEN,
  // The sandbox.
  SANDBOX_PORT: PORT,
  // Temporal, the embedded server and its CLI.
  TEMPORAL_ADDRESS: {
    form: 'host:port, as temporal.example.com:7233, without http://',
    parse: temporalAddressOf,
  },
  TEMPORAL_NAMESPACE: {
    form: 'the name of a namespace, without spaces',
    parse: (text: string) => (/^\S+$/.test(text) ? text : undefined),
  },
  TEMPORAL_API_KEY: TOKEN,
  TEMPORAL_TLS: oneOf('true', 'false', '1', '0'),
  TEMPORAL_TLS_CLIENT_CERT_PATH: READABLE_FILE,
  TEMPORAL_TLS_CLIENT_CERT_DATA: SECRET,
  TEMPORAL_TLS_CLIENT_KEY_PATH: READABLE_FILE,
  TEMPORAL_TLS_CLIENT_KEY_DATA: SECRET,
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: READABLE_FILE,
  TEMPORAL_TLS_SERVER_CA_CERT_DATA: SECRET,
  TEMPORAL_TLS_SERVER_NAME: TEXT,
  TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: oneOf('true', 'false', '1', '0'),
  // Temporal's tools tolerate that the file is missing.
  TEMPORAL_CONFIG_FILE: TEXT,
  TEMPORAL_PROFILE: TEXT,
  TEMPORAL_PORT: PORT,
  TEMPORAL_UI_PORT: PORT,
  TEMPORAL_UI_URL: HTTP_URL,
  TEMPORAL_CLI_PATH: TEXT,
  // The accounts `default`.
  SLACK_BOT_TOKEN: TOKEN,
  SLACK_API_URL: HTTP_URL,
  GRAPH_ACCESS_TOKEN: TOKEN,
  GRAPH_TENANT_ID: TEXT,
  GRAPH_CLIENT_ID: TEXT,
  GRAPH_REFRESH_TOKEN: TOKEN,
  GRAPH_TOKEN_CACHE: TEXT,
  GRAPH_BASE_URL: HTTP_URL,
  TEAMS_WEBHOOK_URL: SECRET_HTTP_URL,
  GOOGLE_CHAT_SERVICE_ACCOUNT: {
    form: 'the key of a service account: the whole JSON file that Google Cloud creates',
    parse: (text: string) => (text.startsWith('{') ? text : undefined),
    isSecret: true,
  },
  GOOGLE_CHAT_SERVICE_ACCOUNT_FILE: READABLE_FILE,
  GOOGLE_CHAT_API_URL: HTTP_URL,
  GOOGLE_CHAT_WEBHOOK_URL: SECRET_HTTP_URL,
  WEBHOOK_URL: SECRET_HTTP_URL,
  WEBHOOK_SECRET: {
    form: 'whsec_ and 24 to 64 random bytes in base64',
    parse: (text: string) => (text.startsWith('whsec_') ? text : undefined),
    isSecret: true,
  },
  WEBHOOK_ALLOW_PRIVATE: {
    form: 'addresses or ranges of them, with commas between, as 10.1.2.3,10.2.0.0/16,fd00::/8',
    parse: (text: string) =>
      addressRangesOf(text) ? text.split(',').map((each) => each.trim()) : undefined,
  },
  DISCORD_BOT_TOKEN: TOKEN,
  DISCORD_API_URL: HTTP_URL,
  DISCORD_WEBHOOK_URL: SECRET_HTTP_URL,
  MATTERMOST_URL: HTTP_URL,
  MATTERMOST_TOKEN: TOKEN,
  MATTERMOST_WEBHOOK_URL: SECRET_HTTP_URL,
  // Proxies: the names in small letters come first, as in other programs.
  http_proxy: PROXY,
  HTTP_PROXY: PROXY,
  https_proxy: PROXY,
  HTTPS_PROXY: PROXY,
  no_proxy: TEXT,
  NO_PROXY: TEXT,
  // OpenTelemetry: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
  OTEL_SDK_DISABLED: TRUE_OR_FALSE,
  OTEL_TRACES_EXPORTER: TEXT,
  OTEL_EXPORTER_OTLP_ENDPOINT: HTTP_URL,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: HTTP_URL,
  OTEL_EXPORTER_OTLP_HEADERS: SECRET,
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: SECRET,
  OTEL_EXPORTER_OTLP_TIMEOUT: WHOLE_NUMBER,
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: WHOLE_NUMBER,
  OTEL_EXPORTER_OTLP_COMPRESSION: oneOf('gzip', 'none'),
  OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: oneOf('gzip', 'none'),
  OTEL_SERVICE_NAME: TEXT,
  OTEL_RESOURCE_ATTRIBUTES: TEXT,
} satisfies Record<string, Variable<unknown>>;

export type VariableName = keyof typeof VARIABLES;

/** The variables that are set, by their names. */
export type Variables<Name extends VariableName = VariableName> = {
  [Each in Name]?: NonNullable<ReturnType<(typeof VARIABLES)[Each]['parse']>>;
};

export const VARIABLE_NAMES = Object.keys(VARIABLES) as VariableName[];

/** What the variable is to be set to, in words. */
export function formOf(name: VariableName): string {
  return VARIABLES[name].form;
}

/**
 * Reads the named variables; by default all of them. Values are trimmed.
 *
 * @throws ConfigurationError with one sentence for each variable whose value can't be used: its name, its value unless that is
 * a secret, and what it must be.
 */
export function readVariables<Name extends VariableName = VariableName>(
  environment: NodeJS.ProcessEnv,
  names: readonly Name[] = VARIABLE_NAMES as Name[],
): Variables<Name> {
  const faults: string[] = [];
  const read: Partial<Record<VariableName, unknown>> = {};
  for (const name of names) {
    const text = environment[name]?.trim() ?? '';
    if (text === '') continue;
    const variable: Variable<unknown> = VARIABLES[name];
    const value = variable.parse(text);
    if (value === undefined) faults.push(faultOf(name, variable, text));
    else read[name] = value;
  }
  if (faults.length > 0) throw new ConfigurationError(faults.join('\n'));
  return read as Variables<Name>;
}

/** The same environment without the variables that are set to nothing. */
export function withoutEmptyVariables(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([, value]) => (value ?? '').trim() !== ''),
  );
}

function faultOf(
  name: VariableName,
  { form, isSecret, allowed }: Variable<unknown>,
  text: string,
): string {
  const problem = isSecret
    ? 'has a value that can’t be used'
    : `is "${withoutCredentials(text).slice(0, 200)}", which can’t be used`;
  const near = allowed?.find((each) => isSimilar(each, text.toLowerCase()));
  const hint = near === undefined ? '' : ` (perhaps ${near})`;
  return `${name} ${problem}: set it to ${form}${hint}, or unset it.`;
}

/** One is the beginning of the other, as of `warn` and `warning`. */
function isSimilar(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}

/**
 * Text that was meant as an address may be one in any wrong form. So what could be a secret is everything before the last `@`
 * and everything after `?` and `#`.
 */
function withoutCredentials(text: string): string {
  if (/[?#].*@/s.test(text)) return '…';
  return text.replace(/^.*@/s, '…@').replace(/([?#]).*$/s, '$1…');
}

function oneOf<const Values extends readonly string[]>(
  ...allowed: Values
): Variable<Values[number]> {
  return {
    form: `one of ${allowed.join(', ')}`,
    parse: (text) => allowed.find((each) => each === text.toLowerCase()),
    allowed,
  };
}

function portOf(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}

function hostOf(text: string): string | undefined {
  const host = text.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host)) return host;
  // A name of digits and dots would be an IPv4 address that doesn't exist.
  return /^(?=.*[a-z])[a-z0-9._-]+$/i.test(host) ? host : undefined;
}

/** In small letters. An address needs no entry, and does no harm. */
function hostNamesOf(text: string): string[] | undefined {
  const names = text.split(',').map((each) => each.trim().toLowerCase());
  return names.every((name) => hostOf(name.replace(/^\*\./, '')) !== undefined) ? names : undefined;
}

function listenAddressOf(text: string): { host: string; port: number } | undefined {
  const { host = '', port = '' } =
    /^(?<host>\[[^\]]+\]|[^:]+):(?<port>\d+)$/.exec(text)?.groups ?? {};
  const parsed = { host: hostOf(host), port: portOf(port) };
  return parsed.host === undefined || parsed.port === undefined
    ? undefined
    : { host: parsed.host, port: parsed.port };
}

function temporalAddressOf(text: string): string | undefined {
  const { host = '', port = '7233' } =
    /^(?<host>\[[^\]]+\]|[^:/\s]+)(?::(?<port>\d+))?$/.exec(text)?.groups ?? {};
  return hostOf(host) === undefined || !portOf(port) ? undefined : text;
}

function httpUrlOf(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url && /^https?:$/.test(url.protocol) && /^https?:\/\//i.test(text) ? text : undefined;
}

/** `fetch` refuses such URLs. */
function hasUserName(text: string): boolean {
  const { username, password } = URL.canParse(text)
    ? new URL(text)
    : { username: '', password: '' };
  return username !== '' || password !== '';
}

/** Links to the pages, which begin with it, are posted for everybody to read. */
function publicUrlOf(text: string): string | undefined {
  return httpUrlOf(text) !== undefined && /^[^?#@]*$/.test(text)
    ? text.replace(/\/+$/, '')
    : undefined;
}

function addressRangesOf(text: string): AddressRange[] | undefined {
  const ranges = text.split(',').map((each) => parseAddressRange(each.trim()));
  return ranges.every((range) => range !== undefined) ? ranges : undefined;
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    // Missing, or not for this user: both are the same to the person who sets the variable.
    return false;
  }
}
