/** The totals for the metrics, from as few calls to Temporal as can be. */
import { defaultPayloadConverter } from '@temporalio/common';
import { expect, it } from 'vitest';
import { FAILURE_REASONS } from '../../src/domain/delivery.js';
import { readSystemState } from '../../src/store/systemState.js';
import { clientAnsweredBy } from './temporalService.js';

/** As much of protobufjs's Long as is read. */
const asLong = (value: number) => ({ toNumber: () => value });

/** Temporal with so many messages of each reason that are parked, and one whose reason is missing. */
function temporalWith(parked: Record<string, number>) {
  const calls: string[] = [];
  const reasons = Object.entries(parked).flatMap(([reason, count]) =>
    Array.from({ length: count }, () => reason),
  );
  const executions = [...reasons, undefined].map((reason) => ({
    searchAttributes: {
      indexedFields: {
        ...(reason !== undefined && {
          FailureReason: defaultPayloadConverter.toPayload(reason),
        }),
      },
    },
  }));
  const client = clientAnsweredBy(({ method, request }) => {
    calls.push(method);
    const { pageSize = 0, query = '' } = request as { pageSize?: number; query?: string };
    const [, reason] = /FailureReason = "(\w+)"/.exec(query) ?? [];
    switch (method) {
      case 'listWorkflowExecutions':
        return {
          executions: executions.slice(0, pageSize),
          nextPageToken: Buffer.from(executions.length > pageSize ? 'more' : ''),
        };
      case 'countWorkflowExecutions':
        return { count: asLong(reason === undefined ? 7 : (parked[reason] ?? 0)), groups: [] };
      default:
        return { pollers: [] };
    }
  });
  return { client, calls };
}

const none = Object.fromEntries(FAILURE_REASONS.map((reason) => [reason, 0]));

it.each<Record<string, number>>([{}, { not_authorised: 2, rate_limited: 1 }, { timeout: 99 }])(
  'takes four calls while few messages need a decision: %j',
  async (parked) => {
    const { calls, client } = temporalWith(parked);
    const state = await readSystemState(client, { overdueAfterMs: 1_000 });
    expect(state).toEqual({
      deadLetters: { ...none, ...parked },
      overdue: 7,
      openBatches: 7,
      workers: 0,
    });
    expect(calls).toHaveLength(4);
  },
);

it('counts by reason where there are many', async () => {
  const parked = { not_authorised: 5_000, timeout: 3 };
  const { calls, client } = temporalWith(parked);
  const { deadLetters } = await readSystemState(client, { overdueAfterMs: 1_000 });
  expect(deadLetters).toEqual({ ...none, ...parked });
  expect(calls).toHaveLength(4 + FAILURE_REASONS.length);
});
