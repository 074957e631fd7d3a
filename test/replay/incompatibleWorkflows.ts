/** What must not be done to workflows that are open in the field: a timer before everything else. */
import { sleep } from '@temporalio/workflow';
import * as present from '../../src/workflows/index.js';

export async function deliverMessage(
  ...args: Parameters<typeof present.deliverMessage>
): ReturnType<typeof present.deliverMessage> {
  await sleep('1 minute');
  return await present.deliverMessage(...args);
}

export async function deadLetterQueue(
  ...args: Parameters<typeof present.deadLetterQueue>
): ReturnType<typeof present.deadLetterQueue> {
  await sleep('1 minute');
  return await present.deadLetterQueue(...args);
}

export async function acknowledgeSource(
  ...args: Parameters<typeof present.acknowledgeSource>
): ReturnType<typeof present.acknowledgeSource> {
  await sleep('1 minute');
  return await present.acknowledgeSource(...args);
}

export async function accountTrouble(
  ...args: Parameters<typeof present.accountTrouble>
): ReturnType<typeof present.accountTrouble> {
  await sleep('1 minute');
  await present.accountTrouble(...args);
}

export async function findOverdue(): ReturnType<typeof present.findOverdue> {
  await sleep('1 minute');
  return await present.findOverdue();
}
