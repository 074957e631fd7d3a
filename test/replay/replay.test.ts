import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { describe, expect, inject, it } from 'vitest';
import { historyFromJson } from './historyFile.js';

type History = temporal.api.history.v1.History;
type Header = temporal.api.common.v1.IHeader;

const HISTORIES = join(import.meta.dirname, 'histories');

/** `<form>/<kind>`, as `2026-11-first/parked`. */
const recorded = readdirSync(HISTORIES, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace(/\.json$/, ''))
  .sort();

const KINDS = [
  'confirmed',
  'healed',
  'retried',
  'discarded',
  'cancelled',
  // A cancellation was requested while the attempt that failed was in progress.
  'cancelled-at-failure',
  'parked',
  'first-parked',
  'queue',
  'acknowledged',
  'acknowledgement',
  // Its events go to a target of `events:`, and to one that isn't there.
  'event-told',
  'event',
  'event-given-up',
  'expired',
  'fallback',
  'bulk-retried',
  'bulk-decided-queue',
  // Its digest could not be sent at first.
  'kept-digest',
  'held-back',
  'account-trouble',
  'overdue-check',
  'in-parts',
  'in-conversation',
  'conversation-waited',
  'conversation-superseded',
  'conversation-both',
  'conversation-parked',
  'conversation',
  'parts-retried',
  'account-removed',
  'muted',
  'grouped',
  'event-group',
  'batch',
  'batch-in-chunks',
  'sealed',
  'sealed-in-parts',
  'sealed-in-conversation',
  // Its content was erased before a person had it retried.
  'sealed-ended',
  // Both hang on what arrives in one workflow task: written from `retried`, and replayed with the release of their form.
  'two-retried',
  'account-removed-ignored',
];

/**
 * Replays them all with this workflow code. Resolves with what went wrong, by history.
 *
 * @param change of each history, before it is replayed
 */
async function replay(
  workflowBundle: { codePath: string } | { code: string },
  change: (history: History) => void = () => undefined,
): Promise<Record<string, string>> {
  const histories = recorded.map((name) => {
    const history = historyFromJson(readFileSync(join(HISTORIES, `${name}.json`), 'utf8'));
    change(history);
    return { workflowId: name, history };
  });
  const failures: Record<string, string> = {};
  let replayed = 0;
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle, sinks: { exporter: { export: { fn: () => undefined } } } },
    histories,
  )) {
    replayed += 1;
    if (error) failures[workflowId] = error.message;
  }
  expect(replayed).toBe(recorded.length);
  return failures;
}

type Sampling = Record<'start' | 'signals', boolean>;

/** Whether the traces of a history's headers are sampled, as if it had been recorded so. */
function sample({ events }: History, { start, signals }: Sampling): void {
  for (const event of events) {
    setSampled(event.workflowExecutionStartedEventAttributes?.header, start);
    setSampled(event.workflowExecutionSignaledEventAttributes?.header, signals);
    setSampled(
      event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.header,
      signals,
    );
  }
}

function setSampled(header: Header | null | undefined, sampled: boolean): void {
  const payload = header?.fields?.['_tracer-data'];
  if (!payload) return;
  const { traceparent } = defaultPayloadConverter.fromPayload<{ traceparent: string }>(payload);
  payload.data = defaultPayloadConverter.toPayload({
    traceparent: traceparent.replace(/0[01]$/, sampled ? '01' : '00'),
  }).data;
}

describe('the workflow code', () => {
  it('replays every history that was ever recorded', async () => {
    expect(await replay({ codePath: inject('workflowBundle') })).toEqual({});
  });

  // What was recorded while traces were exported may be replayed after that was turned off, in part or altogether.
  it.each<Sampling>([
    { start: false, signals: false },
    { start: true, signals: true },
    { start: false, signals: true },
    { start: true, signals: false },
  ])('replays them as if sampled: %o', async (sampling) => {
    const bundle = { codePath: inject('workflowBundle') };
    expect(await replay(bundle, (history) => sample(history, sampling))).toEqual({});
  });

  it('has a history of every kind', () => {
    const kinds = new Set(recorded.map((name) => name.split('/')[1]));
    expect(kinds).toEqual(new Set(KINDS));
  });

  it('does not replay any of them after a change that is not compatible', async () => {
    const variant = await bundleWorkflowCode({
      workflowsPath: join(import.meta.dirname, 'incompatibleWorkflows.ts'),
      logger: new DefaultLogger('ERROR'),
    });
    const failures = await replay(variant);
    // The queue of the first form did nothing but listen, which nothing contradicts.
    const telling = recorded.filter((name) => name !== '2026-11-first/queue');
    expect(Object.keys(failures).sort()).toEqual(telling);
    for (const message of Object.values(failures)) expect(message).toMatch(/nondeterminism/i);
  });
});
