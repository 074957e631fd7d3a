/** What must not be done to workflows that are open in the field: a timer before everything else. */
import { sleep } from '@temporalio/workflow';
import * as present from '../../src/workflows/index.js';

const delayed =
  <Args extends unknown[], Result>(workflow: (...args: Args) => Promise<Result>) =>
  async (...args: Args): Promise<Result> => {
    await sleep('1 minute');
    return await workflow(...args);
  };

export const deliverMessage = delayed(present.deliverMessage);
export const batch = delayed(present.batch);
export const conversation = delayed(present.conversation);
export const deadLetterQueue = delayed(present.deadLetterQueue);
export const acknowledgeSource = delayed(present.acknowledgeSource);
export const accountTrouble = delayed(present.accountTrouble);
export const eventGroup = delayed(present.eventGroup);
export const findOverdue = delayed(present.findOverdue);
