/**
 * The whole product for a test: API, workers and sandbox in this process, in a Temporal namespace of their own on the
 * server that all tests share.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { channelArgsFor } from '../src/temporal/connection.js';
import { tryingAgain } from '../src/temporal/refusedTries.js';
import { msToTs } from '../src/temporal/sdkInternals.js';
import { temporal } from '@temporalio/proto';
import { NativeConnection } from '@temporalio/worker';
import { pino, type Logger } from 'pino';
import { inject, vi } from 'vitest';
import { PATIENCE_MS } from './eventually.js';
import type { z } from 'zod';
import type { acceptanceSchema } from '../src/api/schema/acceptanceRepresentation.js';
import type {
  bulkDecisionProgressSchema,
  bulkDecisionSchema,
  deadLetterSummarySchema,
} from '../src/api/schema/deadLetterRepresentation.js';
import type { messageStateSchema } from '../src/api/schema/messageRepresentation.js';
import { startApi, type Api } from '../src/api/server.js';
import { loadConfiguration, type Configuration } from '../src/config/configuration.js';
import type { AccountLimits } from '../src/destinations/accountPolicy.js';
import type { MessageStatus } from '../src/domain/delivery.js';
import { startSandbox } from '../src/sandbox/sandbox.js';
import { contentEncryptionOf } from '../src/telemetry/contentEncryption.js';
import { createMetrics } from '../src/telemetry/metrics.js';
import { startTracing, type Tracing } from '../src/telemetry/tracing.js';
import type { ContentEncryption } from '../src/temporal/encryption/contentEncryption.js';
import { installTemporalRuntime } from '../src/worker/runtime.js';
import { SEARCH_ATTRIBUTES } from '../src/contract/searchAttributes.js';
import type { Workers } from '../src/worker/supervision.js';
import { startWorkers } from '../src/worker/workers.js';
import type { problemSchema } from '../src/api/schema/problem.js';
import type { Sandbox, SandboxOptions } from '../src/sandbox/interface.js';

/** Seeded in the sandbox. */
export const OPS = 'slack:default/C0123ABC';
export const INCIDENTS =
  'teams:default/0a1b2c3d-0000-4000-8000-000000000001/19:incidents@thread.tacv2';
export const WEBHOOK = 'teams-webhook:default/incidents';

export type Acceptance = z.infer<typeof acceptanceSchema>;
export type MessageState = z.infer<typeof messageStateSchema>;
export type ProblemBody = z.infer<typeof problemSchema>;
export type Summary = z.infer<typeof deadLetterSummarySchema>;
export type Decision = z.infer<typeof bulkDecisionSchema>;
export type Progress = z.infer<typeof bulkDecisionProgressSchema>;

export interface HarnessOptions {
  /** As under `retry.default` in `sendproof.yaml`; quick by default, so that tests are. */
  retry?: { initialDelay?: string; factor?: number; maximumDelay?: string; attempts?: number };
  requestTimeout?: string;
  /** Of the accounts `default`, by platform; without them nothing is paced, so that tests are quick. */
  limits?: Record<string, Partial<AccountLimits>>;
  /** More of `sendproof.yaml`, as an object. */
  settings?: object;
  /** The same, where it needs the sandbox's addresses. */
  sandboxSettings?: (sandbox: Sandbox) => object;
  environment?: NodeJS.ProcessEnv;
  sandbox?: SandboxOptions;
  /** The time by which the retention of content ends, in epoch milliseconds. */
  now?: () => number;
  /** False: the test starts workers itself. */
  workers?: boolean;
  /** `host:port` of another Temporal server than the shared one. */
  temporalAddress?: string;
  /** Is told each call that the API makes to Temporal, as `ListWorkflowExecutions`. */
  onTemporalCall?: (method: string) => void;
  /** One that exists already there; by default a new one. */
  namespace?: string;
  log?: Logger;
}

export interface Answer<Body = unknown> {
  status: number;
  headers: Headers;
  body: Body;
}

export interface Harness {
  readonly api: Api;
  readonly sandbox: Sandbox;
  readonly client: Client;
  readonly namespace: string;
  readonly temporalAddress: string;
  readonly configuration: Configuration;
  /** For clients and workers of a test's own: all in a namespace need the same. */
  /** For clients and workers of a test's own: all in a namespace need the same. */
  readonly encryption: ContentEncryption;
  /** `sendproof.yaml`, for processes of their own. */
  readonly configurationFile: string;
  /** With another configuration than the harness's, where one is given. */
  startWorkers(other?: Configuration): Promise<Workers>;
  request<Body = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer<Body>>;
  send(message: object, headers?: Record<string, string>): Promise<Answer<Acceptance>>;
  message(key: string): Promise<MessageState>;
  /** Resolves with the message once its status is this. */
  waitForStatus(key: string, status: MessageStatus, timeoutMs?: number): Promise<MessageState>;
  /** Resolves with the message while its first delivery waits for its next attempt. */
  waitForNextAttempt(key: string): Promise<MessageState>;
  /** Resolves with the message once the log of its first delivery has at least so many attempts. */
  waitForAttempts(key: string, count: number): Promise<MessageState>;
  /** Has this done before the harness is closed. */
  closeWith(step: () => Promise<unknown>): void;
  close(): Promise<void>;
}

const { IndexedValueType } = temporal.api.enums.v1;

let namespaces = 0;

export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const cleanUp: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const step of cleanUp.splice(0).reverse()) await step();
  };
  try {
    return { ...(await start(options, cleanUp)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(
  options: HarnessOptions,
  cleanUp: (() => Promise<unknown>)[],
): Promise<Omit<Harness, 'close'>> {
  const log = options.log ?? pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' });
  const temporalAddress = options.temporalAddress ?? inject('temporalAddress');
  const sandbox = await startSandbox({ limits: 'off', openDestinations: true, ...options.sandbox });
  cleanUp.push(() => sandbox.close());

  const directory = await mkdtemp(join(tmpdir(), 'sendproof-test-'));
  cleanUp.push(() => rm(directory, { recursive: true }));
  const configurationFile = await writeConfiguration(directory, sandbox, options);
  const load = () =>
    loadConfiguration({
      PORT: '0',
      SENDPROOF_CONFIG: configurationFile,
      SENDPROOF_TEST_KEY: process.env.SENDPROOF_TEST_KEY,
      ...options.environment,
    });
  const configuration = load();

  const connection = await Connection.connect({
    address: temporalAddress,
    interceptors: [tryingAgainAndTelling(options.onTemporalCall)],
    channelArgs: channelArgsFor(temporalAddress),
  });
  cleanUp.push(() => connection.close());
  namespaces += 1;
  const namespace = options.namespace ?? `test-${process.pid}-${Date.now()}-${namespaces}`;
  if (options.namespace === undefined) await createNamespace(connection, namespace);
  const tracing = startTracingOnce();
  const metrics = createMetrics();
  const encryption = contentEncryptionOf(configuration, metrics, options.now);
  const client = new Client({
    connection,
    namespace,
    dataConverter: encryption.dataConverter,
    interceptors: tracing.clientInterceptors,
  });

  const temporalSdkUrl = await installRuntimeOnce(log);
  const api = await startApi({
    configuration,
    encryption,
    client,
    metrics: { metrics, temporalSdkUrl },
    log,
  });
  cleanUp.push(() => api.close());

  const newWorkers = async (other?: Configuration): Promise<Workers> => {
    const native = await NativeConnection.connect({ address: temporalAddress });
    const workers = await startWorkers({
      connection: native,
      namespace,
      configuration: other ?? configuration,
      encryption,
      tracing,
      metrics,
      reload: load,
      workflowBundle: inject('workflowBundle'),
      log,
    });
    let stopped: Promise<void> | undefined;
    const shutdown = () => (stopped ??= workers.shutdown().then(() => native.close()));
    cleanUp.push(shutdown);
    return { done: workers.done, shutdown };
  };
  if (options.workers ?? true) await newWorkers();

  const request: Harness['request'] = async (method, path, body, headers) => {
    const response = await fetch(new URL(path, api.url), {
      // Only some methods may be written in small letters.
      method: method.toUpperCase(),
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (response.headers.get('content-type')?.includes('json')
        ? JSON.parse(text)
        : text) as never,
    };
  };
  const message: Harness['message'] = async (key) =>
    (await request<MessageState>('GET', `/v1/messages/${encodeURIComponent(key)}`)).body;

  const waitForState = (
    key: string,
    reached: (state: MessageState) => boolean,
    timeout = PATIENCE_MS,
  ): Promise<MessageState> =>
    vi.waitFor(
      async () => {
        const state = await message(key);
        if (reached(state)) return state;
        throw new Error(`${key} is not so far yet: ${JSON.stringify(state)}`);
      },
      { timeout, interval: 50 },
    );

  return {
    api,
    sandbox,
    client,
    namespace,
    temporalAddress,
    configuration,
    encryption,
    configurationFile,
    startWorkers: newWorkers,
    closeWith: (step) => void cleanUp.push(step),
    request,
    send: (body, headers) => request('POST', '/v1/messages', body, headers),
    message,
    waitForStatus: (key, status, timeoutMs = PATIENCE_MS) =>
      waitForState(key, (state) => state.status === status, timeoutMs),
    waitForAttempts: (key, count) =>
      waitForState(key, ({ deliveries }) => (deliveries[0]?.attempts.length ?? 0) >= count),
    waitForNextAttempt: (key) =>
      waitForState(key, ({ deliveries }) => deliveries[0]?.nextAttemptAt !== undefined),
  };
}

function tryingAgainAndTelling(
  onCall: (method: string) => void = () => undefined,
): typeof tryingAgain {
  return (options, nextCall) => {
    onCall(options.method_definition.path.split('/').at(-1) ?? '');
    return tryingAgain(options, nextCall);
  };
}

async function writeConfiguration(
  directory: string,
  sandbox: Sandbox,
  { limits, requestTimeout = '10s', retry, settings, sandboxSettings }: HarnessOptions,
): Promise<string> {
  const secretFile = async (name: string, value: string) => {
    const file = join(directory, name);
    await writeFile(file, value);
    return { file };
  };
  const file = join(directory, 'sendproof.yaml');
  const off: AccountLimits = { perDestination: 'off', perAccount: 'off' };
  const limitsOf = (platform: string): Partial<AccountLimits> => ({
    ...off,
    ...limits?.[platform],
  });
  const content = {
    retry: { default: { initialDelay: '100ms', maximumDelay: '1s', attempts: 5, ...retry } },
    accounts: {
      slack: {
        default: {
          requestTimeout,
          limits: limitsOf('slack'),
          apiUrl: sandbox.slackApiUrl,
          token: await secretFile('slack-token', sandbox.slackToken),
        },
      },
      teams: {
        default: {
          requestTimeout,
          limits: limitsOf('teams'),
          graphUrl: sandbox.graphBaseUrl,
          accessToken: await secretFile('graph-token', sandbox.graphToken),
        },
      },
      'teams-webhook': {
        default: {
          requestTimeout,
          limits: limitsOf('teams-webhook'),
          webhooks: {
            incidents: await secretFile('webhook-url', sandbox.webhookUrl('incidents')),
          },
        },
      },
    },
    ...encryptionOfTests(),
    ...settings,
    ...sandboxSettings?.(sandbox),
  };
  // JSON is YAML too.
  await writeFile(file, JSON.stringify(content));
  return file;
}

/** For `settings`: of tests that look at what Temporal has, which encryption would hide from them. */
export const WITHOUT_ENCRYPTION = { encryption: undefined };

/** With SENDPROOF_TEST_ENCRYPTION set, all tests that don't configure encryption themselves run with it. */
function encryptionOfTests(): object {
  if (!process.env.SENDPROOF_TEST_ENCRYPTION) return {};
  // Whoever reads what another part of the test has written needs the same key, as from a process of its own.
  process.env.SENDPROOF_TEST_KEY ??= createHash('sha256').update('a key of tests').digest('hex');
  return { encryption: { keys: [{ id: 'test', key: { env: 'SENDPROOF_TEST_KEY' } }] } };
}

async function createNamespace(connection: Connection, namespace: string): Promise<void> {
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('24h'),
  });
  await vi.waitFor(
    () =>
      connection.operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(
          SEARCH_ATTRIBUTES.map(({ name, type }) => [
            name,
            IndexedValueType[`INDEXED_VALUE_TYPE_${type}`],
          ]),
        ),
      }),
    { timeout: 30_000, interval: 20 },
  );
  // The full server looks for new namespaces and attributes every few seconds; the embedded one knows them at once.
  const query = SEARCH_ATTRIBUTES.map(({ name }) => `${name} = ""`).join(' OR ');
  await vi.waitFor(() => connection.workflowService.countWorkflowExecutions({ namespace, query }), {
    timeout: 30_000,
    interval: 100,
  });
}

let startedTracing: Tracing | undefined;

/** It is a process's, too. */
function startTracingOnce(): Tracing {
  return (startedTracing ??= startTracing('sendproof-test'));
}

let installedRuntime: Promise<string> | undefined;

/** A process has one runtime; the first harness of a test file installs it. Resolves with the URL of its metrics. */
function installRuntimeOnce(log: Logger): Promise<string> {
  return (installedRuntime ??= installTemporalRuntime(log));
}
