/**
 * Records one history of every kind under `histories/<RECORD_AS>`, with the workflow code as it is. Run by hand, with
 * `RECORD_AS=<a name for this form of the code> npm run record-histories`, before a release that changes what the workflows
 * do: what is recorded once is kept, and replayed by the tests for as long as such workflows may be open somewhere.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import {
  accountTroubleId,
  acknowledgementIds,
  batchWorkflowId,
  deadLetterQueueId,
  eventGroupId,
  OVERDUE_CHECK_ID,
  WORKFLOW_TASK_QUEUE,
} from '../../src/contract/names.js';
import { conversationId } from '../../src/acceptance/conversationPlan.js';
import { batchChunkSignal } from '../../src/contract/batch.js';
import type { Workflows } from '../../src/contract/workflows.js';
import { messageSchema } from '../../src/domain/message.js';
import { chunksOfSizes } from '../../src/store/batchContent.js';
import { accountTroubleSignal } from '../../src/contract/accountTrouble.js';
import { accountId } from '../../src/domain/account.js';
import {
  accountRemovedSignal,
  deadLetterCountsQuery,
  discardAllUpdate,
  retryAllUpdate,
} from '../../src/contract/signals.js';
import { CallbackReceiver } from '../callbackReceiver.js';
import { keepDigest } from '../keptDigest.js';
import { historyToJson } from './historyFile.js';
import { INCIDENTS, OPS, startHarness, type Harness } from '../harness.js';
import type { Destination } from '../../src/domain/destination.js';
import { eventually } from '../eventually.js';
import { CREDENTIALS, startElasticMq } from '../sqs/elasticMq.js';

const directory = join(import.meta.dirname, 'histories', process.env.RECORD_AS ?? 'unnamed');
const RANDOM: Destination = 'slack:default/C0RANDOM1';

let receiver: CallbackReceiver;
let harness: Harness;
beforeAll(async () => {
  await mkdir(directory, { recursive: true });
  receiver = await CallbackReceiver.start();
  harness = await startHarness({
    environment: { RECORDED_SECRET: receiver.secret },
    settings: {
      operators: { destinations: ['slack:default/COPERATORS'], digestAfter: '1s' },
      routes: [
        {
          name: 'muted',
          match: { 'labels.route': 'muted' },
          to: [RANDOM],
          mute: { timeZone: 'UTC' },
        },
        {
          name: 'grouped',
          match: { 'labels.route': 'grouped' },
          to: [RANDOM],
          group: { window: '1s' },
        },
      ],
      acknowledgements: {
        secret: { env: 'RECORDED_SECRET' },
        allowedHosts: [receiver.origin],
        allowPrivate: ['127.0.0.1'],
      },
    },
  });
});
afterAll(async () => {
  await harness.close();
  await receiver.down();
});

async function record(name: string, workflowId: string, from = harness): Promise<void> {
  const history = await from.client.workflow.getHandle(workflowId).fetchHistory();
  const text = historyToJson(history)
    // Which process in which folder of which machine recorded it is nobody's business.
    .replaceAll(`${process.pid}@${hostname()}`, '1@recorder')
    .replaceAll(process.cwd(), '/sendproof');
  await writeFile(join(directory, `${name}.json`), `${text}\n`);
}

async function send(
  deduplicationKey: string,
  destinations: string[],
  acknowledge?: object,
): Promise<void> {
  const content = { text: deduplicationKey };
  await harness.send({ deduplicationKey, destinations, content, acknowledge });
}

async function park(
  key: string,
  destinations: string[] = [OPS],
  acknowledge?: object,
): Promise<void> {
  harness.sandbox.addFault({
    kind: 'slack_error',
    error: 'not_in_channel',
    platform: 'slack',
    times: 1,
  });
  await send(key, destinations, acknowledge);
  await harness.waitForStatus(key, 'dead_lettered');
}

async function queueHolds(destination: Destination, open: number): Promise<void> {
  await vi.waitFor(
    async () => {
      const handle = harness.client.workflow.getHandle(deadLetterQueueId(destination));
      const counts = await handle.query(deadLetterCountsQuery);
      if (counts.open !== open) throw new Error(`${counts.open} are open`);
    },
    { timeout: 10_000 },
  );
}

it('records messages', async () => {
  await send('confirmed', [OPS, INCIDENTS]);
  await harness.waitForStatus('confirmed', 'confirmed');
  await record('confirmed', 'confirmed');

  harness.sandbox.addFault({ kind: 'http_error', status: 503, platform: 'slack', times: 3 });
  await send('healed', [OPS]);
  await harness.waitForStatus('healed', 'confirmed');
  await record('healed', 'healed');

  await park('retried');
  await harness.request('POST', '/v1/messages/retried/retry', { by: 'ana', reason: 'invited' });
  await harness.waitForStatus('retried', 'confirmed');
  await record('retried', 'retried');

  await park('discarded', [OPS, INCIDENTS]);
  await harness.request('POST', '/v1/messages/discarded/discard', { by: 'ana', reason: 'old' });
  await harness.waitForStatus('discarded', 'discarded');
  await record('discarded', 'discarded');

  await park('cancelled');
  await harness.client.workflow.getHandle('cancelled').cancel();
  await harness.waitForStatus('cancelled', 'cancelled');
  await record('cancelled', 'cancelled');

  harness.sandbox.addPlace({ platform: 'slack', path: 'C0ARCHIVED', archived: true });
  harness.sandbox.addFault({
    ...{ kind: 'slow', when: 'before', delayMs: 1_000 },
    ...{ platform: 'slack', path: 'C0ARCHIVED', times: 1 },
  });
  const requests = harness.sandbox.requests().length;
  await send('cancelled-at-failure', ['slack:default/C0ARCHIVED']);
  await eventually(() => expect(harness.sandbox.requests().length).toBeGreaterThan(requests));
  await harness.client.workflow.getHandle('cancelled-at-failure').cancel();
  await harness.waitForStatus('cancelled-at-failure', 'cancelled');
  await record('cancelled-at-failure', 'cancelled-at-failure');
});

it('records a message that its source is told of, and the telling', async () => {
  await park('acknowledged', [OPS], { url: receiver.url });
  await harness.request('POST', '/v1/messages/acknowledged/retry', {
    by: 'ana',
    reason: 'invited',
  });
  await harness.waitForStatus('acknowledged', 'confirmed');
  const told = await receiver.waitFor('acknowledged', 3);
  await record('acknowledged', 'acknowledged');

  const uuid = (told[0]?.id ?? '').replace('msg_', '');
  const { workflowId } = acknowledgementIds(uuid, { kind: 'callback', url: receiver.url });
  await harness.client.workflow.getHandle(workflowId).result();
  await record('acknowledgement', workflowId);
});

it('records a message whose events go to targets, and what becomes of the events', async () => {
  // The SDK finds them, as it does in a worker.
  for (const [name, value] of Object.entries(CREDENTIALS)) vi.stubEnv(name, value);
  const server = await startElasticMq();
  const { region, url } = await server.create('events');
  const alone = await startHarness({
    settings: {
      acknowledgements: { retry: 'few' },
      retry: { few: { initialDelay: '200ms', maximumDelay: '1s', attempts: 3 } },
      events: { archive: { sqs: { url, region } }, missing: { sqs: { url: `${url}-2`, region } } },
    },
  });
  try {
    const content = { text: 'told' };
    await alone.send({ deduplicationKey: 'event-told', destinations: [OPS], content });
    await alone.waitForStatus('event-told', 'confirmed');
    await record('event-told', 'event-told', alone);
    const told = await eventually(async () => {
      const query = "WorkflowType = 'acknowledgeSource'";
      const found: string[] = [];
      for await (const { workflowId } of alone.client.workflow.list({ query }))
        found.push(workflowId);
      expect(found).toHaveLength(2);
      return found;
    });
    for (const workflowId of told) {
      const handle = alone.client.workflow.getHandle(workflowId);
      const isTold = await handle.result().then(
        () => true,
        () => false,
      );
      await record(isTold ? 'event' : 'event-given-up', workflowId, alone);
    }
  } finally {
    await alone.close();
    await server.close();
    vi.unstubAllEnvs();
  }
}, 180_000);

it('records what waits, and the queue', async () => {
  await queueHolds(OPS, 0);
  for (const key of ['parked-1', 'parked-2', 'parked-3']) await park(key);
  await record('parked', 'parked-1');
  await queueHolds(OPS, 3);
  await harness.request('POST', '/v1/messages/parked-3/retry');
  await harness.waitForStatus('parked-3', 'confirmed');
  await queueHolds(OPS, 2);
  await record('queue', deadLetterQueueId(OPS));
});

it('records what has times and a second place', async () => {
  const soon = new Date(Date.now() + 3_000).toISOString();
  harness.sandbox.addFault({ kind: 'slack_error', error: 'not_in_channel', platform: 'slack' });
  await harness.send({
    deduplicationKey: 'expired',
    destinations: [OPS],
    content: { text: 'expired' },
    expiresAt: soon,
  });
  await harness.waitForStatus('expired', 'expired');
  await record('expired', 'expired');

  await harness.send({
    deduplicationKey: 'fallback',
    destinations: [{ destination: OPS, fallback: [INCIDENTS] }],
    content: { text: 'fallback' },
  });
  await eventually(async () => {
    const { deliveries } = await harness.message('fallback');
    if (deliveries[1]?.status !== 'confirmed') throw new Error('the fallback is on its way');
  });
  harness.sandbox.clearFaults();
  await harness.waitForStatus('fallback', 'dead_lettered');
  await harness.request('POST', '/v1/messages/fallback/retry');
  await harness.waitForStatus('fallback', 'confirmed');
  await record('fallback', 'fallback');
});

it('records a queue that told the operators and made decisions', async () => {
  const destination: Destination = 'slack:default/CDECIDED1';
  for (const key of ['bulk-1', 'bulk-2', 'bulk-3']) await park(key, [destination]);
  await queueHolds(destination, 3);
  const queue = harness.client.workflow.getHandle(deadLetterQueueId(destination));
  const order = { by: 'ana', reason: 'invited the app' };
  await harness.sandbox.waitForPosts(1, { platform: 'slack', path: 'COPERATORS' }, 20_000);
  await queue.executeUpdate(retryAllUpdate, { args: [order] });
  for (const key of ['bulk-1', 'bulk-2', 'bulk-3']) await harness.waitForStatus(key, 'confirmed');
  await queueHolds(destination, 0);
  await park('bulk-4', [destination]);
  await queueHolds(destination, 1);
  await queue.executeUpdate(discardAllUpdate, { args: [order] });
  await harness.waitForStatus('bulk-4', 'discarded');
  await queueHolds(destination, 0);
  await record('bulk-decided-queue', deadLetterQueueId(destination));
  await record('bulk-retried', 'bulk-1');
});

it('records the first dead letter of a destination, which starts its queue', async () => {
  await park('first', [RANDOM]);
  await queueHolds(RANDOM, 1);
  await record('first-parked', 'first');
});

it('records an account in trouble, and what it held back', async () => {
  harness.sandbox.addFault({ kind: 'revoked_token', platform: 'slack' });
  await send('held-back', [OPS]);
  const trouble = accountTroubleId(accountId({ platform: 'slack', account: 'default' }));
  await vi.waitFor(() => harness.client.workflow.getHandle(trouble).describe(), {
    timeout: 10_000,
  });
  await harness.client.workflow.getHandle(trouble).signal(accountTroubleSignal, {
    kind: 'rate_limited',
    detail: 'Slack answered HTTP 429.',
    retryAfterMs: 10_000,
  });
  harness.sandbox.clearFaults();
  await harness.waitForStatus('held-back', 'confirmed');
  await record('held-back', 'held-back');
  // It ends a minute after the trouble.
  await harness.client.workflow.getHandle(trouble).result();
  await record('account-trouble', trouble);
}, 120_000);

it('records messages in parts', async () => {
  const text = Array.from({ length: 3_000 }, (_, index) => `word${index}`).join(' ');
  const sendLong = (deduplicationKey: string, path: string) =>
    harness.send({
      deduplicationKey,
      destinations: [`slack:default/${path}`],
      content: { text },
    });
  await sendLong('in-parts', 'CINPARTS1');
  await harness.waitForStatus('in-parts', 'confirmed');
  await record('in-parts', 'in-parts');

  const where = { platform: 'slack', path: 'CINPARTS2', operation: 'chat.postMessage' } as const;
  const fault = { kind: 'slack_error', error: 'not_in_channel', skip: 1, times: 1 } as const;
  harness.sandbox.addFault({ ...fault, ...where });
  await sendLong('parts-retried', 'CINPARTS2');
  await harness.waitForStatus('parts-retried', 'dead_lettered');
  await harness.request('POST', '/v1/messages/parts-retried/retry', { by: 'ana' });
  await harness.waitForStatus('parts-retried', 'confirmed');
  await record('parts-retried', 'parts-retried');
});

it('records a message whose account was removed, at its first attempt and at its retry', async () => {
  // The API has the account, and no worker has.
  const alone = await startHarness({
    workers: false,
    environment: { A_TOKEN: 'any' },
    sandboxSettings: ({ slackApiUrl }) => ({
      accounts: { slack: { gone: { token: { env: 'A_TOKEN' }, apiUrl: slackApiUrl } } },
    }),
  });
  try {
    await alone.startWorkers({ ...alone.configuration, accounts: [] });
    const key = 'account-removed';
    const destination = 'slack:gone/C0123ABC';
    await alone.send({
      deduplicationKey: key,
      destinations: [destination],
      content: { text: key },
    });
    await alone.waitForStatus(key, 'delivering');
    const handle = alone.client.workflow.getHandle(key);
    const account = accountId({ platform: 'slack', account: 'gone' });
    await handle.signal(accountRemovedSignal, {
      account,
      neverAttemptedUpTo: new Date().toISOString(),
    });
    const parked = await alone.waitForStatus(key, 'dead_lettered');
    await alone.request('POST', `/v1/messages/${key}/retry`, { by: 'ana' });
    await eventually(async () => {
      const [again] = (await alone.message(key)).deadLetters;
      if (again === undefined || again.at === parked.deadLetters[0]?.at) {
        throw new Error('the retry is on its way');
      }
    });
    await record(key, key, alone);
  } finally {
    await alone.close();
  }
}, 60_000);

it('records events that are muted and grouped, and a group', async () => {
  const send = async (route: string, key: string) => {
    const event = { key, source: 'recorded', title: key, labels: { route } };
    await harness.request('POST', '/v1/events', event);
  };
  await send('muted', 'muted');
  await harness.waitForStatus('recorded:muted', 'muted');
  await record('muted', 'recorded:muted');
  await Promise.all([send('grouped', 'grouped'), send('grouped', 'grouped-too')]);
  const { deliveries } = await harness.waitForStatus('recorded:grouped', 'grouped');
  await record('grouped', 'recorded:grouped');
  await harness.waitForStatus(deliveries[0]?.groupedIn ?? '', 'confirmed');
  const route = harness.configuration.routes.find(({ name }) => name === 'grouped');
  const hash = route?.group?.hashOf({
    ...{ key: '', source: '', state: 'other', title: '', text: '', labels: {} },
  });
  await record('event-group', eventGroupId(hash ?? ''));
});

it('records a check for what is overdue', async () => {
  const workflowId = `${OVERDUE_CHECK_ID}-recorded`;
  const options = { workflowId, taskQueue: WORKFLOW_TASK_QUEUE };
  await harness.client.workflow.execute('findOverdue', options);
  await record('overdue-check', workflowId);
});

it('records a conversation, and messages that wait, are superseded, do both and are parked in one', async () => {
  const key = 'recorded';
  const destination: Destination = 'slack:default/CTALKED01';
  const path = destination.split('/')[1];
  const say = async (name: string, rank: number, mode = 'update') => {
    await harness.send({
      deduplicationKey: name,
      destinations: [destination],
      content: { text: name },
      conversation: { key, mode, at: '2026-11-23T12:00:00Z', rank },
    });
  };
  harness.sandbox.addFault({ kind: 'slow', delayMs: 1_500, platform: 'slack', path, times: 1 });
  await say('in-conversation', 0);
  await harness.sandbox.waitForPosts(1, { platform: 'slack', path }, 20_000);
  await say('conversation-superseded', 1);
  await say('conversation-waited', 2);
  for (const name of ['in-conversation', 'conversation-waited']) {
    await harness.waitForStatus(name, 'confirmed');
  }
  await harness.waitForStatus('conversation-superseded', 'superseded');
  await say('conversation-both', 3, 'both');
  await harness.waitForStatus('conversation-both', 'confirmed');
  harness.sandbox.addFault({
    kind: 'slack_error',
    error: 'not_in_channel',
    platform: 'slack',
    path,
    times: 1,
  });
  await say('conversation-parked', 4);
  await harness.waitForStatus('conversation-parked', 'dead_lettered');
  await harness.request('POST', '/v1/messages/conversation-parked/retry', { by: 'ana' });
  await harness.waitForStatus('conversation-parked', 'confirmed');
  for (const name of [
    'in-conversation',
    'conversation-superseded',
    'conversation-waited',
    'conversation-both',
    'conversation-parked',
  ]) {
    await record(name, name);
  }
  await record('conversation', conversationId(destination, key));
});

it('records batches', async () => {
  const messageOf = (deduplicationKey: string) => ({
    deduplicationKey,
    destinations: [OPS],
    content: { text: deduplicationKey },
    deliverAt: '2027-01-01T00:00:00Z',
  });
  const messages = [
    ...Array.from({ length: 120 }, (_, index) => messageOf(`batch-${index}`)),
    { nonsense: true },
  ];
  const headers = { prefer: 'respond-async', 'idempotency-key': 'batch' };
  await harness.request('POST', '/v1/messages/batch', { messages }, headers);
  await harness.client.workflow.getHandle(batchWorkflowId('batch')).result();
  await record('batch', batchWorkflowId('batch'));

  // A batch of which the second chunk comes later, as it does where a batch is large.
  const entries = ['one', 'two'].map((key) => ({
    message: messageSchema.parse(messageOf(`chunks-${key}`)),
  }));
  const [first, second] = await chunksOfSizes(entries, [1, 1]);
  const handle = await harness.client.workflow.start<Workflows['batch']>('batch', {
    workflowId: batchWorkflowId('batch-in-chunks'),
    taskQueue: WORKFLOW_TASK_QUEUE,
    args: [
      { chunkSizes: [1, 1], traceId: 'a'.repeat(32), acceptedAtUs: Date.now() * 1_000 },
      first ?? new Uint8Array(),
    ],
  });
  await eventually(async () => {
    // It waits, with a timer.
    expect((await handle.describe()).historyLength).toBeGreaterThan(4);
  });
  await handle.signal(batchChunkSignal, 1, second ?? new Uint8Array());
  await handle.result();
  await record('batch-in-chunks', batchWorkflowId('batch-in-chunks'));
});

it('records a queue that kept a digest, and sent it again', async () => {
  const alone = await startHarness({ workers: false });
  try {
    const { workflowId } = await keepDigest(alone);
    await record('kept-digest', workflowId, alone);
  } finally {
    await alone.close();
  }
}, 180_000);

it('records messages whose content is sealed, and a retry of one whose content is gone', async () => {
  const data = await mkdtemp(join(tmpdir(), 'sendproof-recorded-'));
  let aheadMs = 0;
  const alone = await startHarness({
    now: () => Date.now() + aheadMs,
    environment: { SENDPROOF_DATA_DIR: data },
    settings: { contentRetention: '2d' },
  });
  const text = Array.from({ length: 3_000 }, (_, index) => `word${index}`).join(' ');
  const conversation = { key: 'sealed', at: '2026-11-26T12:00:00Z' };
  const messages = {
    sealed: { content: { text: 'sealed' } },
    'sealed-in-parts': { content: { text } },
    'sealed-in-conversation': { content: { text: 'sealed' }, conversation },
  };
  try {
    for (const [deduplicationKey, message] of Object.entries(messages)) {
      await alone.send({ deduplicationKey, destinations: [OPS], ...message });
      await alone.waitForStatus(deduplicationKey, 'confirmed');
      await record(deduplicationKey, deduplicationKey, alone);
    }
    const key = 'sealed-ended';
    const fault = { kind: 'slack_error', error: 'not_in_channel', platform: 'slack' } as const;
    alone.sandbox.addFault({ ...fault, times: 1 });
    await alone.send({ deduplicationKey: key, destinations: [OPS], content: { text: key } });
    await alone.waitForStatus(key, 'dead_lettered');
    aheadMs = 4 * 86_400_000;
    await alone.encryption.vault.destroyEnded();
    await alone.request('POST', `/v1/messages/${key}/retry`, { by: 'ana' });
    await eventually(async () => {
      const [deadLetter] = (await alone.message(key)).deadLetters;
      expect(deadLetter?.reason).toBe('content_unavailable');
    });
    await record(key, key, alone);
  } finally {
    await alone.close();
    await rm(data, { recursive: true });
  }
}, 60_000);
