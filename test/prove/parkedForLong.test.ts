/** A message that is parked for longer than anything else lasts. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection, WorkflowNotFoundError } from '@temporalio/client';
import { msToTs } from '../../src/temporal/sdkInternals.js';
import { expect, it, vi } from 'vitest';
import type { DevServer } from '../../src/embedded/devServer.js';
import { OPS, startHarness, type Harness } from '../harness.js';
import { startOwnServer } from '../ownServer.js';

/** The shortest that the server takes. */
const HOUR_MS = 3_600_000;

const AN_HOUR = Buffer.from([0x08, 0x90, 0x1c]);

/**
 * Sets the namespace's retention from an hour to two seconds, in the server's file while the server is down, since it refuses
 * less than an hour. In the stored protobuf a duration is a field of seconds (tag 8): 3600 and 2, each in two bytes.
 */
async function shortenRetention(file: string): Promise<void> {
  const content = await readFile(file);
  const twoSeconds = Buffer.from([0x08, 0x82, 0x00]);
  let found = 0;
  for (let at = content.indexOf(AN_HOUR); at >= 0; at = content.indexOf(AN_HOUR, at + 1)) {
    twoSeconds.copy(content, at);
    found += 1;
  }
  expect(found).toBeGreaterThan(0);
  await writeFile(file, content);
}

it('outlives the restart of everything, and a retention that is shorter than its wait', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sendproof-parked-'));
  const databaseFile = join(directory, 'temporal.db');
  const startServer = (): Promise<DevServer> =>
    startOwnServer({
      databaseFile,
      // By default, half an hour is added to a retention at random.
      dynamicConfig: { 'history.retentionTimerJitterDuration': '1s' },
    });
  let server = await startServer();
  let harness: Harness | undefined;
  try {
    harness = await startHarness({ temporalAddress: server.address });
    const { namespace, sandbox } = harness;
    const connection = await Connection.connect({ address: server.address });
    await connection.workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: msToTs(HOUR_MS) },
    });
    await connection.close();
    sandbox.addFault({ kind: 'slack_error', error: 'not_in_channel', platform: 'slack', times: 1 });
    await harness.send({ deduplicationKey: 'parked', destinations: [OPS], content: { text: 'x' } });
    const parked = await harness.waitForStatus('parked', 'dead_lettered');
    // SQLite writes first to its log, and to the file when that has grown.
    for (let sent = 0; !(await readFile(databaseFile)).includes(AN_HOUR); sent += 1) {
      const deduplicationKey = `more-${sent}`;
      await harness.send({ deduplicationKey, destinations: [OPS], content: { text: 'z' } });
      await harness.waitForStatus(deduplicationKey, 'confirmed');
    }
    await harness.close();
    await server.stop();

    await shortenRetention(databaseFile);
    server = await startServer();
    harness = await startHarness({ temporalAddress: server.address, namespace });
    // What is closed now is gone after the retention: the measure of how short it is.
    await harness.send({ deduplicationKey: 'closed', destinations: [OPS], content: { text: 'y' } });
    await harness.waitForStatus('closed', 'confirmed');
    const { client } = harness;
    await vi.waitFor(
      async () => {
        await expect(client.workflow.getHandle('closed').describe()).rejects.toThrow(
          WorkflowNotFoundError,
        );
      },
      { timeout: 120_000, interval: 500 },
    );
    const found = await harness.message('parked');
    expect(found).toMatchObject({ status: 'dead_lettered', deadLetters: parked.deadLetters });
    await harness.request('POST', '/v1/messages/parked/retry', { by: 'ana' });
    await harness.waitForStatus('parked', 'confirmed');
    expect(
      harness.sandbox
        .posts()
        .map(({ text }) => text)
        .sort(),
    ).toEqual(['x', 'y']);
  } finally {
    await harness?.close();
    await server.stop();
    await rm(directory, { recursive: true });
  }
});
