/** A digest that can't be sent: the queue keeps it, and sends it again by itself. */
import { Worker } from '@temporalio/worker';
import { afterEach, expect, inject, it } from 'vitest';
import { startHarness, type Harness } from '../../harness.js';
import { keepDigest } from '../../keptDigest.js';

/** After the first failure. */
const RETRY_AFTER_MS = 60_000;

let harness: Harness;
afterEach(() => harness.close());

it('is sent again after a minute, as it was; what came meanwhile is in the next one; its history replays', async () => {
  harness = await startHarness({ workers: false });
  const { told, workflowId } = await keepDigest(harness);

  const [failed, again, next] = told;
  expect(again?.notice).toEqual(failed?.notice);
  expect(again?.notice.content.title).toBe('A message could not be delivered');
  const waitedMs = (again?.at ?? 0) - (failed?.at ?? 0);
  expect(waitedMs).toBeGreaterThan(RETRY_AFTER_MS - 1_000);
  expect(waitedMs).toBeLessThan(RETRY_AFTER_MS + 15_000);
  expect(next?.notice.topic).not.toBe(failed?.notice.topic);
  expect(next?.notice.content.text).toContain('- 1 × `timeout`');

  const history = await harness.client.workflow.getHandle(workflowId).fetchHistory();
  const workflowBundle = { codePath: inject('workflowBundle') };
  const replays = Worker.runReplayHistories({ workflowBundle }, [{ workflowId, history }]);
  for await (const { error } of replays) expect(error).toBeUndefined();
}, 180_000);
