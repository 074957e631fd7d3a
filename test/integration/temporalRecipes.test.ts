/** The recipes of docs/how-to/on-call/temporal-command.md for the `temporal` command, each run as it is written there. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { OPS, startHarness, WITHOUT_ENCRYPTION, type Harness } from '../harness.js';
import { eventually } from '../eventually.js';

const DOCUMENT = readFileSync(
  new URL('../../docs/how-to/on-call/temporal-command.md', import.meta.url),
  'utf8',
);
/** What the examples call their message. */
const KEY = 'alert-55-triggered';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ settings: WITHOUT_ENCRYPTION });
});
afterAll(() => harness.close());
beforeEach(() => harness.sandbox.reset());

/** Runs a line of the document in a shell, as a person would paste it. Resolves with what it prints. */
async function recipe(beginning: string): Promise<string> {
  const lines = DOCUMENT.split('\n').filter((line) => line.startsWith(`temporal ${beginning}`));
  expect(lines, `recipes that begin with "temporal ${beginning}"`).toHaveLength(1);
  return await shell(lines[0] ?? '');
}

async function shell(line: string): Promise<string> {
  const script = `temporal() { "$TEMPORAL_CLI" "$@"; }\n${line}`;
  const { stdout } = await promisify(execFile)('sh', ['-c', script], {
    env: {
      ...process.env,
      TEMPORAL_CLI: inject('temporalCliPath'),
      TEMPORAL_ADDRESS: harness.temporalAddress,
      TEMPORAL_NAMESPACE: harness.namespace,
    },
  });
  return stdout;
}

async function park(key: string): Promise<void> {
  const fault = harness.sandbox.addFault({
    kind: 'slack_error',
    error: 'not_in_channel',
    platform: 'slack',
  });
  await harness.send({ deduplicationKey: key, destinations: [OPS], content: { text: key } });
  await harness.waitForStatus(key, 'dead_lettered');
  harness.sandbox.removeFault(fault);
  await eventually(async () => {
    expect(await shell(`temporal workflow list --query 'WorkflowId="${key}"'`)).toContain(key);
  });
}

describe('the recipes', () => {
  it('list, count, describe and query dead letters, and show why one waits', async () => {
    await park(KEY);
    await eventually(async () => {
      expect(await recipe(`workflow list --query 'DeliveryStatus="DeadLettered"'`)).toContain(KEY);
    });
    expect(await recipe(`workflow list --query 'DeliveryStatus="DeadLettered" AND Dest`)).toContain(
      KEY,
    );
    expect(await recipe(`workflow count --query 'DeliveryStatus="DeadLettered"`)).toMatch(/1\b/);
    expect(
      await recipe('workflow query --workflow-id dlq/slack:default/C0123ABC --type counts'),
    ).toContain('not_authorised');
    expect(await recipe(`workflow describe --workflow-id ${KEY}`)).toContain('not_in_channel');
    const details = await recipe(`workflow metadata --workflow-id ${KEY}`);
    expect(details).toContain('What usually fixes it');
    expect(details).toContain('Invite the account');
    expect(details).toContain('HTTP 200, `not_in_channel`, at attempt 1');
    expect(await recipe(`workflow show --workflow-id ${KEY}`)).toContain('not_authorised');
  });

  it('retry one, with who and why', async () => {
    await recipe(`workflow signal --workflow-id ${KEY} --name retry`);
    const message = await harness.waitForStatus(KEY, 'confirmed');
    expect(message.operatorActions).toMatchObject([
      { action: 'retry', by: 'ana', reason: 'invited the app' },
    ]);
    expect(harness.sandbox.posts()).toHaveLength(1);
  });

  it('retry all that a query finds', async () => {
    await park('by-query-1');
    await park('by-query-2');
    await recipe(`workflow signal --query 'DeliveryStatus="DeadLettered"' --name retry`);
    for (const key of ['by-query-1', 'by-query-2']) await harness.waitForStatus(key, 'confirmed');
    expect(harness.sandbox.posts()).toHaveLength(2);
  });

  it('have a queue retry and discard all that waits in it', async () => {
    await park('all-1');
    await park('all-2');
    expect(
      await recipe(
        'workflow update execute --workflow-id dlq/slack:default/C0123ABC --name retryAll',
      ),
    ).toContain('by:ana');
    for (const key of ['all-1', 'all-2']) await harness.waitForStatus(key, 'confirmed');
    await park('all-3');
    await recipe(
      'workflow update execute --workflow-id dlq/slack:default/C0123ABC --name discardAll',
    );
    await harness.waitForStatus('all-3', 'discarded');
    expect(
      await recipe('workflow query --workflow-id dlq/slack:default/C0123ABC --type decisions'),
    ).toContain('discard');
    const refused = shell(
      'temporal workflow update execute --workflow-id dlq/slack:default/C0123ABC --name discardAll --input \'{"reason":"x"}\'',
    );
    await expect(refused).rejects.toThrow(/say who decides/);
  });

  it('discard one, list what was discarded, and bring it back', async () => {
    const key = 'alert-56-triggered';
    await park(key);
    await recipe(`workflow signal --workflow-id ${key} --name discard`);
    const { failure } = await harness.waitForStatus(key, 'discarded');
    expect(failure).toMatch(/ana.*old news/);
    await eventually(async () => {
      expect(await recipe(`workflow list --query 'DeliveryStatus="Discarded"'`)).toContain(key);
    });
    await recipe(`workflow reset --workflow-id ${key} --type FirstWorkflowTask`);
    await harness.waitForStatus(key, 'confirmed');
    expect(harness.sandbox.posts()).toHaveLength(1);
  });
});
