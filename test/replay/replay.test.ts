import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { describe, expect, inject, it } from 'vitest';
import { historyFromJson } from './historyFile.js';

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

/** Replays them all with this workflow code. Resolves with what went wrong, by history. */
async function replay(
  workflowBundle: { codePath: string } | { code: string },
): Promise<Record<string, string>> {
  const histories = recorded.map((name) => ({
    workflowId: name,
    history: historyFromJson(readFileSync(join(HISTORIES, `${name}.json`), 'utf8')),
  }));
  const failures: Record<string, string> = {};
  let replayed = 0;
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle },
    histories,
  )) {
    replayed += 1;
    if (error) failures[workflowId] = error.message;
  }
  expect(replayed).toBe(recorded.length);
  return failures;
}

describe('the workflow code', () => {
  it('replays every history that was ever recorded', async () => {
    expect(await replay({ codePath: inject('workflowBundle') })).toEqual({});
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
