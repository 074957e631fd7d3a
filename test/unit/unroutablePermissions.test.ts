/** A key may send nothing to other destinations by an event that no route takes, or none can be used for. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { eventRecord } from '../../src/api/intakeRecord.js';
import { loadConfiguration } from '../../src/config/configuration.js';
import { eventSchema } from '../../src/domain/event.js';
import { readRecord } from '../../src/ingest/readRecord.js';
import type { QueueRecord } from '../../src/queues/queue.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { WriteProof } from '../../src/temporal/writeProof.js';
import { entry, startKeysApi, valueOf, type KeysApi } from './keysApi.js';
import { clientAnsweredBy, grpcError, type Call } from './temporalService.js';

const MINE = 'slack:default/C0MINE';
const OTHER = 'slack:default/C0OTHER';
const CI = valueOf('ci');
const ON_CALL = valueOf('on-call');
const KEYS = [
  entry('ci', ['send'], { destinations: ['slack:*/C0MINE*'], sources: ['ci-*'] }),
  entry('on-call', ['send']),
];

describe('an event that no route can show', () => {
  const CONDITIONAL = { name: 'mine', match: { source: ['ci-1', 'ci-2'] }, to: [MINE] };
  const places: [what: string, more: object, place: string][] = [
    ['the operators', { operators: { destinations: [OTHER] } }, OTHER],
    [
      'the last route',
      { routes: [CONDITIONAL, { name: 'last', match: { source: 'prod' }, to: [OTHER] }] },
      OTHER,
    ],
    ['operators of its own', { operators: { destinations: [MINE] } }, MINE],
    [
      'the source’s own place',
      {
        sources: {
          ...{ 'ci-1': {}, 'ci-2': {} },
          'ci-3': { type: 'alertmanager', unroutable: { to: [OTHER] } },
        },
        operators: { destinations: [MINE] },
      },
      OTHER,
    ],
  ];
  let limited: KeysApi | undefined;
  afterEach(async () => {
    await limited?.close();
    limited = undefined;
  });

  it.each(places)('goes to %s only where its key may send', async (_, more, place) => {
    limited = await startKeysApi({ keys: KEYS, routes: [CONDITIONAL], ...more });
    const send = async (key: string, source: string) =>
      await limited?.request('POST', '/v1/events', { key, body: { key: 'e', source, title: 'x' } });
    const refused = place === OTHER;
    const answer = await send(CI, 'ci-3');
    expect(answer?.status).toBe(refused ? 403 : 202);
    if (refused) expect(answer?.body.detail).toContain(OTHER);
    expect(limited.starts).toHaveLength(refused ? 0 : 1);
    expect((await send(ON_CALL, 'ci-3'))?.status).toBe(202);
    // What a route takes doesn't go there.
    expect((await send(CI, 'ci-1'))?.status).toBe(202);
  });

  describe('because its route can’t be used', () => {
    const content = {
      keys: KEYS,
      routes: [CONDITIONAL],
      operators: { destinations: [OTHER] },
    };
    const event = { key: 'taken', source: 'ci-1', title: 'x' };
    /** Something else has the id of the event's message. */
    const isTaken = ({ method, request }: Call): undefined => {
      if (method === 'describeWorkflowExecution') throw grpcError(5, 'workflow not found');
      if (method === 'startWorkflowExecution' && request.workflowId === 'ci-1:taken') {
        throw grpcError(6, 'already started');
      }
    };

    it('is refused', async () => {
      limited = await startKeysApi(content);
      limited.answer = isTaken;
      const send = async (key: string) =>
        await limited?.request('POST', '/v1/events', { key, body: event });
      const answer = await send(CI);
      expect([answer?.status, answer?.body.type]).toEqual([403, 'not_allowed']);
      expect(answer?.body.detail).toContain(OTHER);
      expect(limited.starts).toHaveLength(0);
      expect((await send(ON_CALL))?.status).toBe(202);
      expect(limited.starts).toHaveLength(1);
    });

    it('is refused where it comes from the queue of the intake, which says who sent it', async () => {
      const directory = mkdtempSync(join(tmpdir(), 'sendproof-limited-'));
      try {
        const file = join(directory, 'sendproof.yaml');
        writeFileSync(file, JSON.stringify(content));
        const configuration = loadConfiguration({
          ...{ SENDPROOF_CONFIG: file, SLACK_BOT_TOKEN: 'unused' },
        });
        const starts: unknown[] = [];
        const client = clientAnsweredBy((call) => {
          isTaken(call);
          starts.push(call.request.workflowId);
          return { runId: '0a1b2c3d-0000-4000-8000-000000000001', started: true };
        });
        const log = pino({ level: 'silent' });
        const writes = new WriteProof(client, log);
        const context = { client, configuration, log, metrics: createMetrics(), writes };
        const consume = async (sender: string) => {
          const sent = eventRecord(eventSchema.parse(event), event, sender);
          const record = { id: 'q/1', ...sent, sentAt: new Date() } as unknown as QueueRecord;
          const queue = { source: undefined, maxAgeMs: undefined, tenant: undefined };
          return await readRecord(record, queue, []).accept(context, 'a'.repeat(32));
        };
        await expect(consume('ci')).rejects.toThrow(OTHER);
        expect(starts).toEqual([]);
        expect(await consume('on-call')).toEqual({ outcome: 'accepted' });
        expect(starts).toHaveLength(1);
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
  });
});
