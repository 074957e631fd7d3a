/** The API with one source, over a Temporal that records what it is asked to start: requests come in by HTTP. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { startApi } from '../../../src/api/server.js';
import { loadConfiguration, type Configuration } from '../../../src/config/configuration.js';
import { exposition } from '../../../src/telemetry/exposition.js';
import { createMetrics } from '../../../src/telemetry/metrics.js';
import { GRPC_STATUS } from '../../../src/temporal/grpcStatus.js';
import type { Start } from '../intakeApi.js';
import { clientAnsweredBy, grpcError } from '../temporalService.js';
import { lineStream } from '../../lineStream.js';

export interface SourceApi {
  /** As `http://127.0.0.1:4711`. */
  url: string;
  /** What Temporal was asked to start, the oldest first. */
  starts: Start[];
  /** Whether Temporal answers: at once, with an error, not at all; `lost`: it starts what it is asked to, and answers an error. */
  temporal: 'there' | 'away' | 'slow' | 'lost';
  /** How long a start takes, in milliseconds. */
  startMs: number;
  /** Rejects where Temporal fails to start this workflow. */
  beforeStart: (workflowId: string) => void;
  /** Changes the routes in the configuration file, which the API follows. */
  changeRoutes(routes: object[]): void;
  /** All that was logged. */
  log(): string;
  metrics(): Promise<string>;
  close(): Promise<void>;
}

export const EVERYTHING = 'slack:default/C0EVERYTHING';

/**
 * @param sources as `sources:` in the configuration
 * @param environment the variables that its secrets are in
 */
export async function startSourceApi(
  sources: Record<string, unknown>,
  environment: NodeJS.ProcessEnv,
): Promise<SourceApi> {
  const directory = mkdtempSync(join(tmpdir(), 'sendproof-sources-'));
  const file = join(directory, 'sendproof.yaml');
  const changeRoutes = (routes: object[]): void =>
    writeFileSync(file, JSON.stringify({ sources, routes }));
  changeRoutes([{ name: 'all', to: [EVERYTHING] }]);
  const reload = (): Configuration =>
    loadConfiguration({
      PORT: '0',
      SLACK_BOT_TOKEN: 'unused',
      SENDPROOF_CONFIG: file,
      ...environment,
    });
  const lines: string[] = [];
  const metrics = createMetrics();
  const starts: Start[] = [];
  const api = await startApi({
    configuration: reload(),
    reload,
    client: clientAnsweredBy(async ({ method, request }) => {
      if (sourceApi.temporal === 'away') throw grpcError(GRPC_STATUS.UNAVAILABLE, 'no connection');
      if (sourceApi.temporal === 'slow') await new Promise(() => undefined);
      if (method === 'startWorkflowExecution') {
        if (sourceApi.startMs > 0) await delay(sourceApi.startMs);
        sourceApi.beforeStart(String(request.workflowId));
        starts.push(request);
        if (sourceApi.temporal === 'lost') {
          throw grpcError(GRPC_STATUS.UNAVAILABLE, 'the answer is lost');
        }
        return { runId: '0a1b2c3d-0000-4000-8000-000000000001', started: true };
      }
      return { executions: [], nextPageToken: new Uint8Array(), count: 0, groups: [] };
    }),
    metrics: { metrics },
    log: pino({ level: 'trace' }, lineStream(lines)),
  });
  const sourceApi: SourceApi = {
    url: api.url,
    starts,
    temporal: 'there',
    startMs: 0,
    beforeStart: () => undefined,
    changeRoutes,
    log: () => lines.join(''),
    metrics: () => exposition({ metrics }),
    close: async () => {
      await api.close();
      rmSync(directory, { recursive: true });
    },
  };
  return sourceApi;
}
