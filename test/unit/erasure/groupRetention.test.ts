/** The message of a group is erased as early as the first of the messages that it shows. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPostGroup } from '../../../src/activities/postGroup.js';
import { loadConfiguration } from '../../../src/config/configuration.js';
import type { EventWindow } from '../../../src/domain/eventGroup.js';
import { startTracing } from '../../../src/telemetry/tracing.js';
import { ContentEncryption } from '../../../src/temporal/encryption/contentEncryption.js';
import { parseSeal } from '../../../src/temporal/erasure/seal.js';
import { clientAnsweredBy } from '../temporalService.js';

const DAY_S = 86_400;

let directory: string;
const tracing = startTracing('sendproof-test');
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-group-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
  await tracing.stop();
});

const windowOf = (sources: string[]): EventWindow => ({
  plan: {
    ...{ route: 'grouped', windowMs: 1, maximum: 9, priority: 3, onAmbiguous: 'resend' },
    destinations: [{ destination: 'slack:default/C0123ABC', fallback: [] }],
  },
  messageKey: 'a-group',
  openedAt: '2026-01-01T00:00:00Z',
  first: sources.map((source, index) => ({
    ...{ deduplicationKey: `event-${index}`, source, title: `secret of ${source}` },
  })),
  count: sources.length,
  bySeverity: {},
});

it.each<[sources: string[], retentionS: number | undefined]>([
  [['kept', 'crm'], DAY_S],
  [['crm', 'kept'], DAY_S],
  [['hr', 'kept', 'crm'], DAY_S],
  [['hr', 'kept'], 9 * DAY_S],
  [['kept', 'kept'], undefined],
])('of %j is sealed for %d seconds', async (sources, retentionS) => {
  const configuration = loadConfiguration({ PORT: '0', SLACK_BOT_TOKEN: 'unused' });
  const { dataConverter } = new ContentEncryption({
    ...{ keys: [], encrypt: false, keyDirectory: directory },
  });
  let start = '';
  let seal: string | undefined;
  const client = clientAnsweredBy(
    ({ method, request }) => {
      expect(method).toBe('startWorkflowExecution');
      const { input, memo } = request as {
        memo: { fields: Record<string, { data: Uint8Array }> };
        input: { payloads: { data: Uint8Array }[] };
      };
      const { seal: given, ...fields } = memo.fields;
      seal = given && (JSON.parse(Buffer.from(given.data).toString()) as string);
      start = [...input.payloads, ...Object.values(fields)]
        .map(({ data }) => Buffer.from(data).toString())
        .join();
      return { runId: '0a1b2c3d-0000-4000-8000-000000000001', started: true };
    },
    { dataConverter },
  );
  const bySourceMs = { crm: DAY_S * 1_000, hr: 9 * DAY_S * 1_000 };
  const postGroup = createPostGroup({
    client,
    configuration: {
      ...configuration,
      contentRetention: { defaultMs: undefined, bySourceMs, keyDirectory: directory },
    },
  });
  await postGroup(windowOf(sources));
  expect(seal && parseSeal(seal)?.retentionS).toBe(retentionS);
  expect(start.includes('secret')).toBe(retentionS === undefined);
});
