/** Bare Temporal's worker, in a process of its own as sendproof's is (`defaultWorker.ts`). Prints a line once it polls. */
import { runDefaultWorker } from './defaultWorker.js';

const activities = { nothing: () => Promise.resolve() };
export type BareActivities = typeof activities;

await runDefaultWorker('bareWorkflow.js', activities, () => {
  console.log('polling');
  return () => undefined;
});
