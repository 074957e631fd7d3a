/** Every environment variable, as a table. */
import { formOf, VARIABLE_NAMES, type VariableName } from '../../src/lib/environment.js';
import { markdownTable } from './markdown.js';

const NONE = 'none';
const SANDBOX = 'none; `npm start`: the sandbox';
const TEMPORALS =
  'one of [Temporal’s own](https://docs.temporal.io/references/client-environment-configuration)';
const OPENTELEMETRY =
  'one of [OpenTelemetry’s](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/)';

/** What it is when it is not set, and what it is for. */
const MEANINGS: Record<VariableName, [otherwise: string, meaning: string]> = {
  HOST: ['`127.0.0.1`', 'where the API listens; `0.0.0.0` in the image'],
  PORT: ['3000', 'of the API'],
  LOG_LEVEL: ['`info`', 'what is logged'],
  SENDPROOF_CONFIG: ['`sendproof.yaml` if present', 'the configuration file'],
  SENDPROOF_DATA_DIR: [
    '`.sendproof`',
    'files of `npm start`, the sign-in of `teams:default`, tokens of Slack accounts with `rotation`, and keys of `contentRetention`',
  ],
  SENDPROOF_API_KEYS: [
    NONE,
    'keys with commas between, each for everything; these or [`keys:`](../how-to/operate/keys.md) are required when `HOST` is beyond loopback',
  ],
  DEDUPLICATION_WINDOW: ['`24h`', 'how long a key is remembered; overrides the file'],
  PUBLIC_URL: [NONE, 'how people reach the API, for links in posts; the workers read it too'],
  BASE_PATH: [
    'the path of `PUBLIC_URL`',
    'below which path [a proxy](../how-to/operate/proxy.md) shows the API and its pages',
  ],
  SENDPROOF_ALLOWED_HOSTS: [
    NONE,
    '[names](../how-to/operate/proxy.md#other-sites-pages) under which the API is reached besides that of `PUBLIC_URL`',
  ],
  SENDPROOF_TRUSTED_PROXIES: [
    NONE,
    'whose `X-Forwarded-Prefix`, and headers of [people](../how-to/operate/people.md), are believed',
  ],
  SENDPROOF_DEPLOYMENT_NAME: [
    NONE,
    'of the worker, for [worker versioning](../how-to/operate/upgrade.md)',
  ],
  SENDPROOF_BUILD_ID: [NONE, 'the same: which version this worker is'],
  SENDPROOF_CACHED_WORKFLOWS: [
    '[as many as fit](../how-to/operate/sizing.md)',
    'how many workflows a worker keeps ready in memory',
  ],
  WORKER_METRICS_ADDRESS: [
    NONE,
    'where `npm run worker` serves [`/metrics`](telemetry.md#metrics) and `/readyz`, without authentication',
  ],
  INGEST_METRICS_ADDRESS: [
    NONE,
    'the same for `npm run ingest`, the consumer of [queues](queues.md)',
  ],
  SENDPROOF_URL: ['`http://127.0.0.1:$PORT`', 'the API that the `sendproof` command uses'],
  SENDPROOF_API_KEY: ['the first of `SENDPROOF_API_KEYS`', 'the key of the `sendproof` command'],
  SANDBOX_PORT: ['4010', 'of the sandbox of `npm start`'],
  TEMPORAL_ADDRESS: [
    '`npm start`: the embedded server',
    'an existing Temporal service; the API and the worker by themselves require one',
  ],
  TEMPORAL_NAMESPACE: ['`default`', 'the namespace there'],
  TEMPORAL_API_KEY: [NONE, `the API key of Temporal Cloud, which switches TLS on: ${TEMPORALS}`],
  TEMPORAL_TLS: ['`true` with a key or certificate', TEMPORALS],
  TEMPORAL_TLS_CLIENT_CERT_PATH: [NONE, TEMPORALS],
  TEMPORAL_TLS_CLIENT_CERT_DATA: [NONE, TEMPORALS],
  TEMPORAL_TLS_CLIENT_KEY_PATH: [NONE, TEMPORALS],
  TEMPORAL_TLS_CLIENT_KEY_DATA: [NONE, TEMPORALS],
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: [NONE, TEMPORALS],
  TEMPORAL_TLS_SERVER_CA_CERT_DATA: [NONE, TEMPORALS],
  TEMPORAL_TLS_SERVER_NAME: [NONE, TEMPORALS],
  TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: ['`false`', TEMPORALS],
  TEMPORAL_CONFIG_FILE: ['Temporal’s own', 'the same settings from a file'],
  TEMPORAL_PROFILE: ['`default`', 'which profile of that file'],
  TEMPORAL_PORT: ['7233', 'of the embedded server'],
  TEMPORAL_UI_PORT: ['8233', 'of its Web UI'],
  TEMPORAL_UI_URL: [
    'none; `npm start`: its own',
    'Temporal’s Web UI as people reach it, for links on the pages',
  ],
  TEMPORAL_CLI_PATH: ['found or fetched', 'the `temporal` command that is the embedded server'],
  SLACK_BOT_TOKEN: [SANDBOX, 'account `slack:default`'],
  SLACK_API_URL: ['Slack’s', 'another server that speaks Slack’s API'],
  GRAPH_ACCESS_TOKEN: [SANDBOX, 'account `teams:default`, with a token as it is'],
  GRAPH_TENANT_ID: [SANDBOX, 'account `teams:default`, with a sign-in'],
  GRAPH_CLIENT_ID: [SANDBOX, 'the same'],
  GRAPH_REFRESH_TOKEN: [NONE, 'where that sign-in begins'],
  GRAPH_TOKEN_CACHE: ['in the data directory', 'where that sign-in is kept'],
  GRAPH_BASE_URL: ['Microsoft’s', 'another server that speaks Graph'],
  TEAMS_WEBHOOK_URL: [SANDBOX, 'account `teams-webhook:default`, webhook `default`'],
  GOOGLE_CHAT_SERVICE_ACCOUNT: [
    SANDBOX,
    'account `google-chat:default`: the content of the key file of a service account',
  ],
  GOOGLE_CHAT_SERVICE_ACCOUNT_FILE: [SANDBOX, 'the same as a file'],
  GOOGLE_CHAT_API_URL: ['Google’s', 'another server that speaks Google Chat’s API'],
  GOOGLE_CHAT_WEBHOOK_URL: [SANDBOX, 'account `google-chat-webhook:default`, webhook `default`'],
  WEBHOOK_URL: [SANDBOX, 'account `webhook:default`, webhook `default`: the URL of a receiver'],
  WEBHOOK_SECRET: [SANDBOX, 'what signs its requests'],
  WEBHOOK_ALLOW_PRIVATE: [NONE, 'private addresses that this account may call all the same'],
  DISCORD_BOT_TOKEN: [SANDBOX, 'account `discord:default`'],
  DISCORD_API_URL: ['Discord’s', 'another server that speaks Discord’s API'],
  DISCORD_WEBHOOK_URL: [SANDBOX, 'account `discord-webhook:default`, webhook `default`'],
  MATTERMOST_URL: [SANDBOX, 'account `mattermost:default`: the server'],
  MATTERMOST_TOKEN: [SANDBOX, 'the token of its bot'],
  MATTERMOST_WEBHOOK_URL: [SANDBOX, 'account `mattermost-webhook:default`, webhook `default`'],
  http_proxy: [NONE, 'as `HTTP_PROXY`, and comes before it'],
  HTTP_PROXY: [NONE, 'the proxy to the platforms, where `HTTPS_PROXY` is not set'],
  https_proxy: [NONE, 'as `HTTPS_PROXY`, and comes before it'],
  HTTPS_PROXY: [NONE, 'the proxy to the platforms'],
  no_proxy: [NONE, 'as `NO_PROXY`, and comes before it'],
  NO_PROXY: [NONE, 'the hosts that are reached without the proxy'],
  OTEL_SDK_DISABLED: ['`false`', OPENTELEMETRY],
  OTEL_TRACES_EXPORTER: ['`otlp`', OPENTELEMETRY],
  OTEL_EXPORTER_OTLP_ENDPOINT: [
    'none: nothing is exported',
    'where [traces](telemetry.md#traces) go, as `http://collector:4318`',
  ],
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ['that of `OTEL_EXPORTER_OTLP_ENDPOINT`', OPENTELEMETRY],
  OTEL_EXPORTER_OTLP_HEADERS: [NONE, OPENTELEMETRY],
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: [NONE, OPENTELEMETRY],
  OTEL_EXPORTER_OTLP_TIMEOUT: ['10000', `milliseconds; ${OPENTELEMETRY}`],
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: ['10000', `milliseconds; ${OPENTELEMETRY}`],
  OTEL_EXPORTER_OTLP_COMPRESSION: ['`none`', OPENTELEMETRY],
  OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: ['`none`', OPENTELEMETRY],
  OTEL_SERVICE_NAME: ['the name of the process', OPENTELEMETRY],
  OTEL_RESOURCE_ATTRIBUTES: [NONE, OPENTELEMETRY],
};

export function environmentTable(): string {
  const rows = VARIABLE_NAMES.map((name) => {
    const [otherwise, meaning] = MEANINGS[name];
    return [`\`${name}\``, otherwise, meaning, formOf(name)];
  });
  return markdownTable([['variable', 'default', 'meaning', 'set it to'], ...rows]);
}
