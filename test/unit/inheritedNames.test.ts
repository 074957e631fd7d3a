/** Names that every object has are names like others, wherever one comes from elsewhere. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import proto from '@temporalio/proto';
import { afterEach, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../src/config/configuration.js';
import { emptyCounts, countDeadLetter } from '../../src/workflows/deadLetters/deadLetterCounts.js';
import { addToDigest } from '../../src/workflows/deadLetters/digest.js';
import type { DeadLetterReference, DigestState } from '../../src/contract/deadLetterQueue.js';
import { slackFailure } from '../../src/destinations/slack/failures.js';
import { failureOfGraph } from '../../src/destinations/teams/failures.js';
import { Secret } from '../../src/lib/secret.js';
import { GRPC_STATUS } from '../../src/temporal/grpcStatus.js';
import { OPS, startIntakeApi } from './intakeApi.js';
import { grpcError, type Call } from './temporalService.js';

const NAMES = Object.getOwnPropertyNames(Object.prototype);

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0)) await step();
});

async function configured(content: string) {
  const directory = await mkdtemp(join(tmpdir(), 'sendproof-test-'));
  cleanUp.push(() => rm(directory, { recursive: true }));
  const file = join(directory, 'sendproof.yaml');
  await writeFile(file, content);
  return loadConfiguration({ PORT: '0', SENDPROOF_CONFIG: file });
}

describe.each(NAMES)('the name %s', (name) => {
  it('of a source doesn’t make a message a duplicate for ever', async () => {
    const dayBeforeYesterday = { seconds: Math.floor(Date.now() / 1_000) - 48 * 3_600, nanos: 0 };
    let starts = 0;
    const intake = await startIntakeApi({}, ({ method }: Call) => {
      if (method === 'startWorkflowExecution') {
        starts += 1;
        // The first finds the key taken; the second begins its new run.
        if (starts === 1) throw grpcError(GRPC_STATUS.ALREADY_EXISTS, 'already started');
      }
      return method === 'describeWorkflowExecution' ? closedMessage(dayBeforeYesterday) : undefined;
    });
    cleanUp.push(() => intake.close());
    await fetch(new URL('/v1/messages', intake.api.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        deduplicationKey: 'a-key',
        destinations: [OPS],
        content: { text: 'x' },
        correlation: { source: name },
      }),
    });
    expect(starts).toBe(2);
  });

  it('is no retry profile that is not defined', async () => {
    const intake = await startIntakeApi();
    cleanUp.push(() => intake.close());
    const answer = await fetch(new URL('/v1/messages', intake.api.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        deduplicationKey: 'a-key',
        destinations: [OPS],
        content: { text: 'x' },
        retryProfile: name,
      }),
    });
    expect(answer.status).toBe(400);
    await expect(
      configured(`accounts: { slack: { a: { retry: ${name}, token: { env: T } } } }`),
    ).rejects.toThrow(/not defined/);
  });

  it('can be a source’s in the configuration, or is refused', async () => {
    const loading = configured(`sources: { ${name}: { deduplicationWindow: 1h } }`);
    if (name === '__proto__') await expect(loading).rejects.toThrow(/__proto__/);
    else
      expect(Object.entries((await loading).deduplicationWindow.bySourceMs)).toEqual([
        [name, 3_600_000],
      ]);
  });

  it('is an unknown code of a platform', () => {
    const answer = { status: 200, headers: {}, body: JSON.stringify({ ok: false, error: name }) };
    const error = slackFailure({ ...answer, retryAfterMs: undefined });
    expect(error).toMatchObject({ outcome: 'permanent', reason: 'request_rejected' });
    expect(error?.message).not.toContain('native code');
    expect(failureOfGraph(400, name)).toEqual(failureOfGraph(400, 'noSuchCode'));
  });

  it('is a variable that is not set', () => {
    expect(() => new Secret({ env: name }, process.env).reveal()).toThrow(/is not set/);
  });

  it('is counted like other reasons', () => {
    const reference = { deduplicationKey: 'k', reason: name, at: '2026-11-24T09:00:00.000Z' };
    const counts = emptyCounts();
    const digest: DigestState = {};
    for (let times = 0; times < 2; times += 1) {
      countDeadLetter(counts, reference as DeadLetterReference);
      addToDigest(digest, reference as DeadLetterReference);
    }
    for (const byReason of [counts.openByReason, digest.untold?.byReason ?? {}]) {
      for (const count of Object.values(byReason)) expect(count).toBe(2);
    }
  });
});

/** As Temporal describes a message that was confirmed. */
function closedMessage(at: { seconds: number; nanos: number }): object {
  return proto.temporal.api.workflowservice.v1.DescribeWorkflowExecutionResponse.fromObject({
    workflowExecutionInfo: {
      execution: { workflowId: 'a-key', runId: '0a1b2c3d-0000-4000-8000-000000000002' },
      type: { name: 'deliverMessage' },
      taskQueue: 'sendproof',
      status: 2,
      startTime: at,
      closeTime: at,
      executionTime: at,
      historyLength: 11,
      memo: { fields: {} },
      searchAttributes: { indexedFields: {} },
    },
  });
}
