import {
  allHandlersFinished,
  condition,
  continueAsNew,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { WorkflowQueueActivities } from '../../contract/activities.js';
import { joinGroupUpdate, type EventGroupInput } from '../../contract/eventGroup.js';
import { groupMessageKey } from '../../contract/names.js';
import { GroupedEvents } from './groupedEvents.js';

/** A message is made, as long as it takes: nothing else shows the events. */
const { postGroup } = proxyActivities<WorkflowQueueActivities>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/**
 * How long a group stays after its last window, so that an event whose joining was not reported, because a worker was lost, is
 * still known when it joins again.
 */
const LINGER_MS = 10 * 60_000;
/** Temporal takes 2,000 updates in a run: https://docs.temporal.io/cloud/limits#per-workflow-execution-update-limits */
const MOST_JOINS = 1_000;

/**
 * The events of one route that belong together: posts a message of those that joined within a window, which begins with its
 * first event. Ends when none has joined for a while.
 */
export async function eventGroup({ state }: EventGroupInput): Promise<void> {
  const { firstExecutionRunId } = workflowInfo();
  const events = new GroupedEvents(state, (plan, openedAt, window) =>
    groupMessageKey({
      ...{ route: plan.route, tenant: plan.tenant },
      ...{ openedAt, id: `${firstExecutionRunId}.${window}` },
    }),
  );
  let joins = 0;
  setHandler(joinGroupUpdate, (event) => {
    joins += 1;
    return { message: events.join(event, new Date()) };
  });
  const isLong = () => joins >= MOST_JOINS || workflowInfo().continueAsNewSuggested;

  for (;;) {
    const waitMs = events.endsInMs(new Date()) ?? LINGER_MS;
    const known = joins;
    const isIdle = events.isEmpty();
    const hasChanged = () => events.hasClosed || isLong() || (isIdle && joins > known);
    // The SDK gives a time-out of zero a meaning of its own.
    const changed = await condition(hasChanged, Math.max(1, waitMs));
    events.closeEnded(new Date());
    await postClosed(events);
    if (isLong()) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof eventGroup>({ state: events.state });
    }
    if (!changed && isIdle && events.isEmpty()) return;
  }
}

/** Posts each window that has ended. More may end meanwhile. */
async function postClosed(events: GroupedEvents): Promise<void> {
  while (events.next) {
    await postGroup(events.next);
    events.posted();
  }
}
