/** What the API writes to a message's history right before it cancels it. */
import proto from '@temporalio/proto';
import { expect, it } from 'vitest';
import type { Attempt } from '../../src/domain/delivery.js';
import type { DeliveryStage } from '../../src/domain/messageState.js';
import {
  decodeEvents,
  type HistoryEvent,
  type MessageEvent,
} from '../../src/store/messageEvents.js';
import { recordAttempts } from '../../src/store/recordAttempts.js';
import { clientAnsweredBy } from './temporalService.js';

const OPS = 'slack:default/C0OPS';
const SINCE = '2026-11-25T11:00:00.000Z';
const FAILED: Attempt = { number: 1, startedAt: SINCE, outcome: 'ambiguous', reason: 'timeout' };

/** What a reader of the history finds. */
async function recorded(stage: DeliveryStage, attempts: Attempt[]): Promise<MessageEvent[]> {
  const events: HistoryEvent[] = [];
  const client = clientAnsweredBy(({ request: { input, signalName } }) => {
    const workflowExecutionSignaledEventAttributes = { input, signalName };
    events.push(
      proto.temporal.api.history.v1.HistoryEvent.fromObject({
        eventTime: { seconds: 1_764_000_000, nanos: 0 },
        workflowExecutionSignaledEventAttributes,
      }),
    );
    return {};
  });
  const deliveries = [{ destination: OPS, attempts, stage } as const];
  await recordAttempts(client, { deduplicationKey: 'key', deliveries });
  return await decodeEvents(client.options.loadedDataConverter, events);
}

it.each<[string, DeliveryStage, Attempt[]]>([
  ['waits for its next attempt', { kind: 'retrying', nextAttemptAt: SINCE }, [FAILED]],
  ['waits in its queue', { kind: 'queued', since: SINCE }, []],
  ['waits there past its expiry', { kind: 'expired' }, [FAILED]],
])('records the attempts of a delivery that %s', async (_, stage, attempts) => {
  const deliveries = [{ destination: OPS, attempts }];
  expect(await recorded(stage, attempts)).toEqual([{ kind: 'attempts_recorded', deliveries }]);
});

it('records an attempt that is under way as one of unknown outcome', async () => {
  expect(await recorded({ kind: 'attempting', since: SINCE }, [FAILED])).toMatchObject([
    { deliveries: [{ attempts: [FAILED, { number: 2, startedAt: SINCE, outcome: 'ambiguous' }] }] },
  ]);
});

it.each<DeliveryStage>([
  { kind: 'accepted' },
  { kind: 'standby' },
  { kind: 'confirmed', receipt: {} },
  { kind: 'dead_lettered', parkedAt: SINCE },
])('sends nothing to a message with no activity: $kind', async (stage) => {
  expect(await recorded(stage, [])).toEqual([]);
});
