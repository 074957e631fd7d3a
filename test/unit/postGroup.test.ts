/** The message of a group, against a Temporal that answers as a test says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultPayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import { afterAll, expect, it } from 'vitest';
import { createPostGroup } from '../../src/activities/postGroup.js';
import { loadConfiguration } from '../../src/config/configuration.js';
import type { StoredMessageInput } from '../../src/contract/deliverMessage.js';
import type { EventWindow, GroupMember } from '../../src/domain/eventGroup.js';
import type { Correlation } from '../../src/domain/message.js';
import { startTracing } from '../../src/telemetry/tracing.js';
import { historyFromJson } from '../replay/historyFile.js';
import { clientAnsweredBy } from './temporalService.js';

const HISTORY = join(import.meta.dirname, '../replay/histories/2026-11-events/grouped.json');

const { DescribeWorkflowExecutionResponse } = proto.temporal.api.workflowservice.v1;
const { WORKFLOW_EXECUTION_STATUS_COMPLETED } = proto.temporal.api.enums.v1.WorkflowExecutionStatus;

const tracing = startTracing('sendproof-test');
afterAll(() => tracing.stop());

/** The history of an event that has joined a group. */
function eventsOf(correlation: Correlation | undefined) {
  const { events } = historyFromJson(readFileSync(HISTORY, 'utf8'));
  const started = events[0]?.workflowExecutionStartedEventAttributes;
  if (!started?.input?.payloads?.[0]) throw new Error('no start');
  const input = defaultPayloadConverter.fromPayload<StoredMessageInput>(started.input.payloads[0]);
  const changed = { ...input, content: { text: 'Disk full' }, correlation };
  started.input.payloads = [defaultPayloadConverter.toPayload(changed)];
  return events;
}

/** The input of the message that shows these events, each of which has the correlation. */
async function shown(
  members: GroupMember[],
  correlation: Correlation | undefined,
): Promise<StoredMessageInput> {
  let started: StoredMessageInput | undefined;
  const events = eventsOf(correlation);
  const client = clientAnsweredBy(({ method, request }) => {
    if (method === 'getWorkflowExecutionHistory') {
      return { history: { events }, nextPageToken: new Uint8Array() };
    }
    if (method === 'describeWorkflowExecution') {
      return DescribeWorkflowExecutionResponse.fromObject({
        workflowExecutionInfo: {
          execution: request.execution,
          type: { name: 'deliverMessage' },
          status: WORKFLOW_EXECUTION_STATUS_COMPLETED,
          startTime: { seconds: 1_764_000_000, nanos: 0 },
          historyLength: events.length,
          taskQueue: 'sendproof',
          memo: events[0]?.workflowExecutionStartedEventAttributes?.memo,
        },
      });
    }
    const { input } = request as { input: { payloads: proto.temporal.api.common.v1.IPayload[] } };
    const [payload] = input.payloads;
    if (payload) started = defaultPayloadConverter.fromPayload(payload);
    return { runId: '0a1b2c3d-0000-4000-8000-000000000001', started: true };
  });
  const window: EventWindow = {
    plan: {
      ...{ route: 'storm', windowMs: 60_000, maximum: 5, priority: 3, onAmbiguous: 'resend' },
      destinations: [{ destination: 'slack:default/C0123ABC', fallback: [] }],
    },
    messageKey: 'sendproof/group/message-1',
    openedAt: '2026-11-25T12:00:00.000Z',
    first: members,
    count: members.length,
    bySeverity: {},
  };
  const configuration = loadConfiguration({ PORT: '0', SLACK_BOT_TOKEN: 'unused' });
  await createPostGroup({ client, configuration })(window);
  if (!started) throw new Error('nothing was started');
  return started;
}

const MEMBER: GroupMember = { deduplicationKey: 'test:one', source: 'test', title: 'One' };

it('shows a single event as it would be by itself, with its reference and its link', async () => {
  const correlation = { source: 'test', reference: 'INC-7', url: 'https://example.com/7' };
  const input = await shown([MEMBER], correlation);
  expect(input).toMatchObject({ content: { text: 'Disk full' }, correlation });
});

it('has the source of a single event whose message has no correlation', async () => {
  expect(await shown([MEMBER], undefined)).toMatchObject({ correlation: { source: 'test' } });
});

it('has the source of its first event, and no reference, where it shows several', async () => {
  const other = { ...MEMBER, deduplicationKey: 'test:two', source: 'other', title: 'Two' };
  const input = await shown([MEMBER, other], { source: 'test', reference: 'INC-7' });
  expect(input.correlation).toEqual({ source: 'test' });
  expect(input.content).toMatchObject({ title: '2 events: storm' });
});
