/** Calls an activity at its start, in the handler of each signal, and after the last one. */
import {
  condition,
  defineQuery,
  defineSignal,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';

export const callSignal = defineSignal<[activity: string]>('call');
export const endSignal = defineSignal('end');
/** Whether this workflow has evaluated any of OpenTelemetry's modules. */
export const openTelemetryQuery = defineQuery<boolean>('openTelemetry');

type Activities = Record<string, () => Promise<void>>;

export async function traced(): Promise<void> {
  const activities = proxyActivities<Activities>({ startToCloseTimeout: '10s' });
  let ended = false;
  setHandler(openTelemetryQuery, hasOpenTelemetry);
  setHandler(callSignal, (activity) => activities[activity]?.());
  setHandler(endSignal, () => void (ended = true));
  await activities.first?.();
  await condition(() => ended);
  await activities.last?.();
}

/** The first of the library's modules defines `performance`, which nothing else in the sandbox has. */
function hasOpenTelemetry(): boolean {
  return 'performance' in globalThis || Symbol.for('opentelemetry.js.api.1') in globalThis;
}
