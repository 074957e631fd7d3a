/** The API with named keys, over a Temporal that remembers what it is asked. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startApi, type Api } from '../../src/api/server.js';
import { loadConfiguration } from '../../src/config/configuration.js';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.js';
import { startTracing } from '../../src/telemetry/tracing.js';
import type { Start } from './intakeApi.js';
import { rememberedSessions } from './rememberedSessions.js';
import { clientAnsweredBy, type Call } from './temporalService.js';
import { lineStream } from '../lineStream.js';

export interface KeysApi {
  api: Api;
  metrics: Metrics;
  starts: Start[];
  /** Replaces Temporal's answer to a call where it returns one. */
  answer: (call: Call) => unknown;
  /** The lines of the log of the kind `audit`, the oldest first. */
  audit(): Record<string, unknown>[];
  log(): string;
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  close(): Promise<void>;
}

interface RequestOptions {
  key?: string | undefined;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  text: string;
  headers: Headers;
  body: { type?: string; detail?: string } & Record<string, unknown>;
}

/** The value of the key with this name: long enough, and never the same as its name. */
export const valueOf = (name: string): string => `${name}-`.padEnd(43, 'k');

export const hashOf = (key: string): string =>
  `sha256:${createHash('sha256').update(key).digest('hex')}`;

/** An entry of `keys:`. */
export const entry = (name: string, scopes: string[], more: object = {}): object => ({
  name,
  hash: hashOf(valueOf(name)),
  scopes,
  ...more,
});

export async function startKeysApi(
  content: object,
  environment: NodeJS.ProcessEnv = {},
): Promise<KeysApi> {
  const directory = mkdtempSync(join(tmpdir(), 'sendproof-keys-'));
  const file = join(directory, 'sendproof.yaml');
  writeFileSync(file, JSON.stringify(content));
  const load = () =>
    loadConfiguration({
      PORT: '0',
      SLACK_BOT_TOKEN: 'unused',
      SENDPROOF_CONFIG: file,
      ...environment,
    });
  const lines: string[] = [];
  const tracing = startTracing('sendproof-test');
  const metrics = createMetrics();
  const starts: Start[] = [];
  const sessions = rememberedSessions();
  const configuration = load();
  const api = await startApi({
    configuration,
    client: clientAnsweredBy((call) => {
      const given = keysApi.answer(call) ?? sessions(call);
      if (given !== undefined) return given;
      if (call.method === 'startWorkflowExecution') {
        starts.push(call.request);
        return { runId: '0a1b2c3d-0000-4000-8000-000000000001', started: true };
      }
      return { executions: [], nextPageToken: new Uint8Array(), count: 0, groups: [] };
    }),
    metrics: { metrics },
    log: pino({ level: 'info' }, lineStream(lines)),
  });
  const keysApi: KeysApi = {
    api,
    metrics,
    starts,
    answer: () => undefined,
    log: () => lines.join(''),
    audit: () =>
      lines
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ kind }) => kind === 'audit'),
    request: async (method, path, { body, headers, key } = {}) => {
      const response = await fetch(new URL(path, api.url), {
        method,
        redirect: 'manual',
        headers: {
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = (response.headers.get('content-type') ?? '').includes('json');
      return {
        status: response.status,
        text,
        headers: response.headers,
        body: (isJson ? JSON.parse(text) : {}) as Answer['body'],
      };
    },
    close: async () => {
      await api.close();
      await tracing.stop();
      rmSync(directory, { recursive: true });
    },
  };
  return keysApi;
}
