import { ApplicationFailure } from '@temporalio/common';
import { WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { expect, it } from 'vitest';
import { ignoredFields } from '../../src/acceptance/settings.js';
import { rescheduleMessage } from '../../src/store/rescheduleMessage.js';

function clientWhoseUpdateFails(error: Error): Client {
  const getHandle = () => ({ executeUpdate: () => Promise.reject(error) });
  return { workflow: { getHandle } } as unknown as Client;
}

const failed = (type?: string) =>
  new WorkflowUpdateFailedError(
    'failed',
    ApplicationFailure.create({ message: 'no', ...(type && { type }) }),
  );

it.each([
  ['begun', failed('begun')],
  ['expires_first', failed('expires_first')],
  ['unknown_to_worker', failed()],
  ['unknown_to_worker', failed('SomethingElse')],
  ['ended', new WorkflowNotFoundError('gone', 'k', 'r')],
])('tells why a message can’t be rescheduled: %s', async (refusal, error) => {
  const place = { deduplicationKey: 'k', runId: 'r' };
  expect(await rescheduleMessage(clientWhoseUpdateFails(error), place, {})).toBe(refusal);
});

it('names no ignored field of a message that an earlier release accepted', () => {
  const memo = { fingerprint: { 'content.text': 'a' }, startToken: 't' };
  expect(ignoredFields(memo, { deliverAt: '', priority: '1' })).toEqual([]);
});
