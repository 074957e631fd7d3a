import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readMessageRecord } from '../../src/store/messageHistory.js';
import { OPS, startHarness, type Harness } from '../harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

it('tells of one moment, also when the message goes on while it is read', async () => {
  harness.sandbox.addFault({
    kind: 'rate_limited',
    platform: 'slack',
    operation: 'chat.postMessage',
    retryAfter: '1',
    times: 1,
  });
  await harness.send({ deduplicationKey: 'moving', destinations: [OPS], content: { text: 'x' } });
  await harness.waitForNextAttempt('moving');

  const record = await readMessageRecord(
    afterDescribing(harness.client, () => harness.waitForStatus('moving', 'confirmed')),
    'moving',
  );
  expect(record?.state).toMatchObject({
    status: 'delivering',
    deliveries: [
      {
        attempts: [{ number: 1, reason: 'rate_limited' }],
        stage: { kind: 'retrying', nextAttemptAt: expect.any(String) as string },
      },
    ],
  });
  expect(record?.state.deliveries[0]?.stage).not.toHaveProperty('receipt');
});

/** The client, with something happening between its answer to a description and whatever is asked next. */
function afterDescribing(client: Client, meanwhile: () => Promise<unknown>): Client {
  const getHandle = (workflowId: string, runId?: string) => {
    const handle = client.workflow.getHandle(workflowId, runId);
    const describe = async () => {
      const description = await handle.describe();
      await meanwhile();
      return description;
    };
    return { ...handle, describe };
  };
  const { options, workflowService } = client;
  return { options, workflowService, workflow: { getHandle } } as unknown as Client;
}
