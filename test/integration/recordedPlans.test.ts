/** What a plan records of its destination, and plans that earlier releases recorded without it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeliverInput } from '../../src/contract/deliver.js';
import type { DeliverMessageInput } from '../../src/contract/deliverMessage.js';
import { WORKFLOW_TASK_QUEUE } from '../../src/contract/names.js';
import type { Workflows } from '../../src/contract/workflows.js';
import { INCIDENTS, OPS, startHarness, WITHOUT_ENCRYPTION, type Harness } from '../harness.js';
import { historyFromJson } from '../replay/historyFile.js';

type History = temporal.api.history.v1.IHistory;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ settings: WITHOUT_ENCRYPTION });
});
afterAll(() => harness.close());

interface RecordedInputs {
  message: DeliverMessageInput;
  /** One for each `deliver` activity. */
  deliveries: DeliverInput[];
}

function inputsIn({ events }: History): RecordedInputs {
  const started = events?.[0]?.workflowExecutionStartedEventAttributes;
  return {
    message: parse(started?.input) as DeliverMessageInput,
    deliveries: (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
      scheduled ? [parse(scheduled.input) as DeliverInput] : [],
    ),
  };
}

function parse(payloads: temporal.api.common.v1.IPayloads | null | undefined): unknown {
  const data = payloads?.payloads?.[0]?.data ?? [];
  return JSON.parse(Buffer.from(data).toString('utf8')) as unknown;
}

const recordedBy = (release: string): DeliverMessageInput => {
  const file = join(import.meta.dirname, '../replay/histories', release, 'confirmed.json');
  return inputsIn(historyFromJson(readFileSync(file, 'utf8'))).message;
};

describe('a plan', () => {
  it('records the parts of its destination, and its activity’s input has them', async () => {
    await harness.send({
      deduplicationKey: 'parts',
      destinations: [OPS, INCIDENTS],
      content: { text: 'hello' },
    });
    await harness.waitForStatus('parts', 'confirmed');
    const history = await harness.client.workflow.getHandle('parts').fetchHistory();
    const { message, deliveries } = inputsIn(history);
    const slack = { platform: 'slack', account: 'default', path: 'C0123ABC' };
    const teams = {
      platform: 'teams',
      account: 'default',
      path: INCIDENTS.slice('teams:default/'.length),
    };
    expect(message.deliveries.map(({ parts }) => parts)).toEqual([slack, teams]);
    expect(new Map(deliveries.map(({ destination, parts }) => [destination, parts]))).toEqual(
      new Map([
        [OPS, slack],
        [INCIDENTS, teams],
      ]),
    );
  });

  it.each(['2026-11-first', '2026-11-digests', '2026-11-accounts'])(
    'without them is delivered too: %s',
    async (release) => {
      const message = recordedBy(release);
      expect(message.deliveries.map(({ parts }) => parts)).not.toContainEqual(expect.anything());
      await harness.client.workflow.start<Workflows['deliverMessage']>('deliverMessage', {
        workflowId: release,
        taskQueue: WORKFLOW_TASK_QUEUE,
        args: [message],
      });
      const { deliveries } = await harness.waitForStatus(release, 'confirmed');
      expect(deliveries.map(({ destination }) => destination)).toEqual(
        message.deliveries.map(({ destination }) => destination),
      );
    },
  );
});
