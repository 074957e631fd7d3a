/**
 * The environment of child processes: what they need of this process's, and nothing else of it. That has the tokens of the accounts and
 * the keys of the API, which a child could log or send on.
 */
import { own } from '../lib/own.js';

/** For every program: where it finds others, writes, and which language and time it has. */
const ANY_PROGRAM = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'TZ', 'LANG', 'LANGUAGE', 'LC_ALL', 'LC_CTYPE'],
  ...['LC_MESSAGES', 'LD_LIBRARY_PATH', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME'],
];

/** For what fetches from the internet. */
const NETWORK = [
  ...['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'],
  ...['no_proxy', 'NO_PROXY', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS'],
];

/** How a Go program, as the Temporal server is, uses memory and processors. */
const GO_RUNTIME = ['GOGC', 'GOMEMLIMIT', 'GOMAXPROCS', 'GODEBUG'];

/** What `go help environment` lists for a build without C, and where Go finds credentials of a module proxy. */
const GO_BUILD = [
  ...['GO111MODULE', 'GOAUTH', 'GOCACHE', 'GOENV', 'GOFLAGS', 'GOINSECURE', 'GOMODCACHE', 'GOPATH'],
  ...['GONOPROXY', 'GONOSUMDB', 'GOPRIVATE', 'GOPROXY', 'GOROOT', 'GOSUMDB', 'GOTELEMETRY'],
  ...['GOTMPDIR', 'GOVCS', 'NETRC', 'GIT_SSL_CAINFO', 'GIT_CONFIG_GLOBAL'],
];

/**
 * Of the `temporal` command: without a home directory's settings, which are for clients, and which the user who
 * runs sendproof may not be allowed to read. Its server wants the user to have a name and a home; a user id in a container has
 * neither.
 */
export function commandEnvironment(environment: NodeJS.ProcessEnv = process.env) {
  const { USER = 'sendproof' } = environment;
  const names = ANY_PROGRAM.filter((name) => name !== 'XDG_CONFIG_HOME');
  return {
    ...pick(environment, [...names, ...GO_RUNTIME]),
    HOME: '/',
    USER,
  } satisfies NodeJS.ProcessEnv;
}

/** Of what downloads the `temporal` command. */
export function downloadEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return pick(environment, [...ANY_PROGRAM, ...NETWORK]);
}

/** Of the Go toolchain that builds it. */
export function buildEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return pick(environment, [...ANY_PROGRAM, ...NETWORK, ...GO_RUNTIME, ...GO_BUILD]);
}

function pick(environment: NodeJS.ProcessEnv, names: readonly string[]): NodeJS.ProcessEnv {
  const picked = names.map((name) => [name, own(environment, name)] as const);
  return Object.fromEntries(picked.filter(([, value]) => value !== undefined));
}
