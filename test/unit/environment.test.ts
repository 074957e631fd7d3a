import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { locateApi } from '../../src/cli/apiLocation.js';
import { loadConfiguration } from '../../src/config/configuration.js';
import {
  readVariables,
  VARIABLE_NAMES,
  withoutEmptyVariables,
  type VariableName,
} from '../../src/lib/environment.js';
import { loadTemporalConnection } from '../../src/temporal/connection.js';
import { runSendproof } from '../sendproofCommand.js';

const PORTS = ['abc', '70000', '-1', '80.5', '0x10', '1e3'];
const URLS = ['example.com', 'ftp://example.com', 'http:', 'https//x', 'not a url'];
const FILES = ['/nonexistent/file.pem'];
const TOKENS = ['line\nbreak', 'ta\tb', 'ungültig'];
const SWITCHES = ['yes', '2', 'on'];
/** Text whose meaning only another program, or the file system, knows. */
const ANY_TEXT: string[] = [];

/** What each variable must not be. A new variable needs a line here. */
const BAD_VALUES: Record<VariableName, readonly string[]> = {
  HOST: ['http://127.0.0.1', '127.0.0.1:3000', '300.1.1.1', 'two words', '::zz'],
  PORT: PORTS,
  LOG_LEVEL: ['warning', 'verbose', '30', 'information'],
  SENDPROOF_CONFIG: ANY_TEXT,
  SENDPROOF_DATA_DIR: ANY_TEXT,
  SENDPROOF_API_KEYS: TOKENS,
  DEDUPLICATION_WINDOW: ['soon', '-1h', '0s', '24 lightyears'],
  PUBLIC_URL: [
    ...URLS,
    'https://a@example.com',
    'https://example.com/?a=b',
    'https://example.com/#a',
  ],
  BASE_PATH: [
    '//evil.example',
    'https://example.com/a',
    '/a/../b',
    '/a//b',
    '/a?b',
    '/a b',
    '/"a"',
    '/ü',
    '/v1',
    '/messages/x',
  ],
  SENDPROOF_ALLOWED_HOSTS: [
    'https://a.example',
    'a.example:443',
    'a.example,',
    'a.example;b.example',
    '*',
    'a.*.example',
    '*a.example',
  ],
  SENDPROOF_TRUSTED_PROXIES: ['proxy.example.com', '10.0.0.0/33', '10.0.0.1,', '10.0.0.1;10.0.0.2'],
  SENDPROOF_DEPLOYMENT_NAME: ANY_TEXT,
  SENDPROOF_BUILD_ID: ANY_TEXT,
  SENDPROOF_CACHED_WORKFLOWS: ['1', '-5', 'many', '2.5'],
  WORKER_METRICS_ADDRESS: ['9465', ':9465', 'host', 'host:70000', 'http://host:1'],
  INGEST_METRICS_ADDRESS: ['9466', ':9466', 'host', 'host:70000', 'http://host:1'],
  SENDPROOF_URL: [...URLS, 'http://a@example.com', 'http://:b@example.com'],
  SENDPROOF_API_KEY: ['k’y', ...TOKENS],
  SANDBOX_PORT: PORTS,
  TEMPORAL_ADDRESS: ['http://127.0.0.1:7233', '127.0.0.1:abc', '127.0.0.1:70000', ':7233', 'a b'],
  TEMPORAL_NAMESPACE: ['two words'],
  TEMPORAL_API_KEY: TOKENS,
  TEMPORAL_TLS: SWITCHES,
  TEMPORAL_TLS_CLIENT_CERT_PATH: FILES,
  TEMPORAL_TLS_CLIENT_CERT_DATA: ANY_TEXT,
  TEMPORAL_TLS_CLIENT_KEY_PATH: FILES,
  TEMPORAL_TLS_CLIENT_KEY_DATA: ANY_TEXT,
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: FILES,
  TEMPORAL_TLS_SERVER_CA_CERT_DATA: ANY_TEXT,
  TEMPORAL_TLS_SERVER_NAME: ANY_TEXT,
  TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: SWITCHES,
  TEMPORAL_CONFIG_FILE: ANY_TEXT,
  TEMPORAL_PROFILE: ANY_TEXT,
  TEMPORAL_PORT: PORTS,
  TEMPORAL_UI_PORT: PORTS,
  TEMPORAL_UI_URL: URLS,
  TEMPORAL_CLI_PATH: ANY_TEXT,
  SLACK_BOT_TOKEN: TOKENS,
  SLACK_API_URL: URLS,
  GRAPH_ACCESS_TOKEN: TOKENS,
  GRAPH_TENANT_ID: ANY_TEXT,
  GRAPH_CLIENT_ID: ANY_TEXT,
  GRAPH_REFRESH_TOKEN: TOKENS,
  GRAPH_TOKEN_CACHE: ANY_TEXT,
  GRAPH_BASE_URL: URLS,
  TEAMS_WEBHOOK_URL: URLS,
  GOOGLE_CHAT_SERVICE_ACCOUNT: ['key.json', 'sendproof@example.iam.gserviceaccount.com'],
  GOOGLE_CHAT_SERVICE_ACCOUNT_FILE: FILES,
  GOOGLE_CHAT_API_URL: URLS,
  GOOGLE_CHAT_WEBHOOK_URL: URLS,
  WEBHOOK_URL: URLS,
  WEBHOOK_SECRET: ['secret', 'WHSEC_x'],
  WEBHOOK_ALLOW_PRIVATE: ['localhost', '10.1.2', '10.0.0.0/33'],
  DISCORD_BOT_TOKEN: TOKENS,
  DISCORD_API_URL: URLS,
  DISCORD_WEBHOOK_URL: URLS,
  MATTERMOST_URL: URLS,
  MATTERMOST_TOKEN: TOKENS,
  MATTERMOST_WEBHOOK_URL: URLS,
  http_proxy: ['ftp://p:1', 'p:port', 'two words'],
  HTTP_PROXY: ['ftp://p:1', 'p:port', 'two words'],
  https_proxy: ['ftp://p:1', 'p:port', 'two words'],
  HTTPS_PROXY: ['ftp://p:1', 'p:port', 'two words'],
  no_proxy: ANY_TEXT,
  NO_PROXY: ANY_TEXT,
  OTEL_SDK_DISABLED: SWITCHES,
  OTEL_TRACES_EXPORTER: ANY_TEXT,
  OTEL_EXPORTER_OTLP_ENDPOINT: URLS,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: URLS,
  OTEL_EXPORTER_OTLP_HEADERS: ANY_TEXT,
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: ANY_TEXT,
  OTEL_EXPORTER_OTLP_TIMEOUT: ['soon', '-1', '1.5'],
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: ['soon', '-1', '1.5'],
  OTEL_EXPORTER_OTLP_COMPRESSION: ['brotli', 'true'],
  OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: ['brotli', 'true'],
  OTEL_SERVICE_NAME: ANY_TEXT,
  OTEL_RESOURCE_ATTRIBUTES: ANY_TEXT,
};

const CASES = Object.entries(BAD_VALUES).flatMap(([name, values]) =>
  values.map((value) => [name, value] as [VariableName, string]),
);

/** A directory without a sendproof.yaml. */
const NO_FILE = { SENDPROOF_CONFIG: '/dev/null' };

describe('an environment variable', () => {
  it.each(CASES)('%s that is %j gets one sentence with its name and the remedy', (name, value) => {
    const load = () => loadConfiguration({ ...NO_FILE, [name]: value });
    expect(load).toThrow(
      new RegExp(
        `^${name} (?:is ".*", which|has a value that) can’t be used: set it to .*unset it\\.$`,
        's',
      ),
    );
    expect(load).toThrow(expect.objectContaining({ name: 'ConfigurationError' }));
  });

  it.each(VARIABLE_NAMES)('%s that is set to nothing is not set', (name) => {
    for (const nothing of ['', ' ', '\t\n']) {
      expect(readVariables({ [name]: nothing })).toEqual({});
      expect(withoutEmptyVariables({ [name]: nothing, HOST: 'h' })).toEqual({ HOST: 'h' });
      const environment = {
        ...NO_FILE,
        [name]: nothing,
        ...(name === 'SENDPROOF_CONFIG' && NO_FILE),
      };
      expect(loadConfiguration(environment)).toEqual(loadConfiguration(NO_FILE));
      expect(
        loadTemporalConnection({ TEMPORAL_CONFIG_FILE: '/nonexistent', [name]: nothing }),
      ).toBe(undefined);
    }
  });

  it('is never quoted where it may contain a secret', () => {
    const password = ['pass', 'word'].join('');
    for (const name of ['HTTPS_PROXY', 'TEAMS_WEBHOOK_URL', 'SLACK_BOT_TOKEN'] as const) {
      const read = () => readVariables({ [name]: `ftp://ann:${password}@x\ty` });
      expect(read).toThrow(/^(?!.*password)/s);
    }
    const url = `ftp://ann:${password}@example.com`;
    expect(() => readVariables({ SENDPROOF_URL: url })).toThrow(/^(?!.*password)/s);
  });

  it.each<[VariableName, string]>([
    ['SENDPROOF_URL', 'http://u:hidden@example.com'],
    ['SENDPROOF_URL', 'u:hidden@example.com'],
    ['GRAPH_BASE_URL', 'svc:hidden@graph.example.com'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'svc:hidden@collector:4318'],
    ['TEMPORAL_ADDRESS', 'u:hidden@h:7233'],
    ['PUBLIC_URL', 'https://u:hid/hidden@h'],
    ['PUBLIC_URL', 'https://u:hidden@den@h'],
    ['PUBLIC_URL', 'https://h/?token=hidden'],
    ['PUBLIC_URL', 'https://h/#hidden'],
    ['SLACK_API_URL', 'h?a@b=hidden'],
    ['WORKER_METRICS_ADDRESS', 'u:hidden@h:1'],
  ])('%s shows no part of a secret: %s', (name, value) => {
    expect(() => readVariables({ [name]: value })).toThrow(/^(?!.*(?:hid|den)).*can’t be used/s);
  });

  it('is a key that a header can hold, on the command line too', () => {
    for (const name of ['SENDPROOF_API_KEY', 'SENDPROOF_API_KEYS']) {
      expect(() => locateApi(undefined, { [name]: 'k’y' })).toThrow(
        new RegExp(`^${name} has a value that can’t be used: set it to ASCII characters`),
      );
    }
    expect(() => locateApi('http://u:hidden@h', {})).toThrow(/^(?!.*hidden).*SENDPROOF_API_KEY/);
  });

  it('is taken with spaces around it, and in capitals where it is a word', () => {
    const read = readVariables({
      PORT: ' 8080\n',
      LOG_LEVEL: 'WARN',
      HOST: '[::1]',
      TEMPORAL_TLS: 'TRUE',
    });
    expect(read).toEqual({ PORT: 8080, LOG_LEVEL: 'warn', HOST: '::1', TEMPORAL_TLS: 'true' });
    const service = loadTemporalConnection({
      TEMPORAL_CONFIG_FILE: '/nonexistent',
      TEMPORAL_ADDRESS: 'temporal.example.com:7233',
      TEMPORAL_TLS: 'TRUE',
    });
    expect(service?.connectionOptions.tls).toBeTruthy();
  });

  it('LOG_LEVEL=warning is answered with the level that was meant', () => {
    expect(() => readVariables({ LOG_LEVEL: 'warning' })).toThrow(/fatal, silent \(perhaps warn\)/);
  });

  it('is in the list, wherever the source reads one', () => {
    const source = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.tsx?$/.test(path))
      .map((path) => readFileSync(join('src', path), 'utf8'))
      .join('\n');
    const read = [
      ...source.matchAll(/\b(?:process\.env|environment)(?:\.|\[')([A-Z][A-Z0-9_]+)\b/g),
    ];
    const elsewhere = ['PATH', 'HOME', 'XDG_CACHE_HOME', 'USER'];
    const unknown = read.map(([, name = '']) => name).filter((name) => !elsewhere.includes(name));
    expect(unknown).toEqual([]);
  });

  it('is named by the command line, which needs few of them', async () => {
    expect(() => locateApi(undefined, { PORT: 'abc' })).toThrow(/^PORT is "abc"/);
    const unset = { PORT: ' ', SENDPROOF_DATA_DIR: '/nonexistent' };
    expect(locateApi(undefined, unset).url).toBe('http://127.0.0.1:3000');
    const { exitCode, stderr } = await runSendproof(['status', 'x'], {
      environment: { PORT: '70000' },
    });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('error: PORT is "70000"')]);
  });
});
