/** The API over a Temporal that accepts every message and remembers it: requests are answered in milliseconds. */
import type { temporal } from '@temporalio/proto';
import { pino } from 'pino';
import type { QueuedIntake } from '../../src/api/queuedIntake.js';
import { startApi, type Api } from '../../src/api/server.js';
import { loadConfiguration } from '../../src/config/configuration.js';
import { startTracing } from '../../src/telemetry/tracing.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { rememberedSessions } from './rememberedSessions.js';
import { clientAnsweredBy, type Call } from './temporalService.js';

export type Start = temporal.api.workflowservice.v1.IStartWorkflowExecutionRequest;

export interface IntakeApi {
  api: Api;
  close(): Promise<void>;
  /** The starts that Temporal was asked for, the oldest first. */
  starts: Start[];
  /** Every call to Temporal. */
  calls: Call[];
}

export const OPS = 'slack:default/C0123ABC';

/**
 * @param answer replaces Temporal's answer to a call where it returns one
 * @param intake the queue that takes what is sent
 * @param lines receives the lines of the log
 */
export async function startIntakeApi(
  environment: NodeJS.ProcessEnv = {},
  answer: (call: Call) => unknown = () => undefined,
  intake?: QueuedIntake,
  lines?: (line: string) => void,
): Promise<IntakeApi> {
  // Each message has the trace id of its request's span.
  const tracing = startTracing('sendproof-test');
  const starts: Start[] = [];
  const calls: Call[] = [];
  const sessions = rememberedSessions();
  const api = await startApi({
    configuration: loadConfiguration({ PORT: '0', SLACK_BOT_TOKEN: 'unused', ...environment }),
    client: clientAnsweredBy((call) => {
      calls.push(call);
      const given = answer(call) ?? sessions(call);
      if (given !== undefined) return given;
      if (call.method === 'startWorkflowExecution') {
        starts.push(call.request);
        return { runId: '0a1b2c3d-0000-4000-8000-000000000001', started: true };
      }
      return { executions: [], nextPageToken: new Uint8Array(), count: 0, groups: [] };
    }),
    metrics: { metrics: createMetrics() },
    log: lines ? pino({}, { write: lines }) : pino({ level: 'silent' }),
    intake,
  });
  const close = async () => {
    await api.close();
    await tracing.stop();
  };
  return { api, starts, calls, close };
}

/** The input that the message's workflow was started with. */
export function inputOf(start: Start | undefined): Record<string, unknown> {
  const [payload] = start?.input?.payloads ?? [];
  return JSON.parse(Buffer.from(payload?.data ?? []).toString()) as Record<string, unknown>;
}
