/** What the `deliver` activity does in a conversation: one attempt at a time, with a conversation and a platform that are told what to do. */
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, it, vi } from 'vitest';
import type { AccountConnection } from '../../src/accounts/accountConnection.js';
import type { Conversations } from '../../src/activities/conversations.js';
import { createDeliver } from '../../src/activities/deliver.js';
import type { ConversationAnswer, RootPost } from '../../src/contract/conversation.js';
import { messagePage } from '../../src/domain/messagePage.js';
import type { DeliverInput, DeliverResult } from '../../src/contract/deliver.js';
import type { DestinationAdapter } from '../../src/destinations/destination.js';
import { DeliveryError, type Attempt } from '../../src/domain/delivery.js';
import { noEncryption } from '../../src/temporal/encryption/contentEncryption.js';
import { DELIVERY } from './delivering.js';

const ROOT: RootPost = {
  deliveryId: 'root.0',
  message: 'triggered',
  receipt: { messageId: '1.0', channel: 'C0OPS' },
  title: 'Disk *full*',
};

const CONVERSATION: NonNullable<DeliverInput['conversation']> = {
  id: 'sendproof/conversation/slack:default/C0OPS pd:1',
  mode: 'update',
  at: '2026-11-23T12:00:00Z',
  rank: 0,
  acceptedAt: '2026-11-23T12:00:00.000001Z',
  forgetAfterMs: 1_000,
  patienceMs: 1_000,
  attemptMs: 1_000,
};

function platform(can = { edit: true, thread: true }) {
  const adapter = {
    layout: () => ({ parts: 1 }),
    post: vi.fn<DestinationAdapter['post']>(() => Promise.resolve({ messageId: '2.0' })),
    find: vi.fn<NonNullable<DestinationAdapter['find']>>(() => Promise.resolve(undefined)),
    edit: vi.fn<NonNullable<DestinationAdapter['edit']>>(() =>
      Promise.resolve({ messageId: '1.0' }),
    ),
  };
  const connection = {
    acquire: () => Promise.resolve({ adapter, startedAt: 0 }),
    isLimited: false,
    recordResult: vi.fn(() => false),
    account: { platform: { capabilities: () => can }, settings: {} },
  };
  return { adapter, connection };
}

async function attempt(
  { connection }: { connection: ReturnType<typeof platform>['connection'] | undefined },
  conversations: Conversations,
  input: Partial<DeliverInput> = {},
): Promise<DeliverResult> {
  const deliver = createDeliver({
    connectionFor: () => connection as AccountConnection | undefined,
    pageOf: (key) => messagePage(key, 'https://sendproof.example.com'),
    confirmAttempt: () => Promise.resolve('current'),
    conversations,
    vault: () => noEncryption().vault,
    random: () => 0.5,
    report: () => undefined,
  });
  const environment = new MockActivityEnvironment(
    { attempt: 1 },
    { logger: new DefaultLogger('ERROR', () => undefined) },
  );
  return await environment.run<[DeliverInput], DeliverResult, typeof deliver>(deliver, {
    ...DELIVERY,
    conversation: CONVERSATION,
    ...input,
  });
}

function answering(answer: ConversationAnswer) {
  return {
    claim: vi.fn<Conversations['claim']>(() => Promise.resolve(answer)),
    report: vi.fn<Conversations['report']>(() => Promise.resolve()),
  };
}

const refusal = (reason: 'post_not_found' | 'edit_refused') =>
  new DeliveryError('no', { outcome: 'permanent', reason, httpStatus: 200 });

const AMBIGUOUS: Attempt = {
  number: 1,
  startedAt: '2026-11-23T12:00:00Z',
  durationMs: 10,
  outcome: 'ambiguous',
  reason: 'timeout',
};

describe('an attempt in a conversation', () => {
  it('sends nothing, and uses no attempt, where the conversation gives no answer', async () => {
    const slack = platform();
    const conversations = answering({ act: 'post' });
    conversations.claim.mockRejectedValue(new Error('no Temporal'));
    const error = await attempt(slack, conversations).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApplicationFailure);
    expect((error as ApplicationFailure).details).toEqual([[], 'held_back']);
    expect(slack.adapter.post).not.toHaveBeenCalled();
    expect(slack.connection.recordResult).not.toHaveBeenCalled();
  });

  it.each<[ConversationAnswer, DeliverResult]>([
    [
      { act: 'wait', behind: 'a' },
      { attempts: [], turn: { kind: 'wait', behind: 'a' } },
    ],
    [
      { act: 'nothing', supersededBy: 'b' },
      { attempts: [], turn: { kind: 'superseded', by: 'b' } },
    ],
  ])('sends nothing after the answer %j', async (answer, result) => {
    const slack = platform();
    const conversations = answering(answer);
    expect(await attempt(slack, conversations)).toEqual(result);
    expect(slack.adapter.post).not.toHaveBeenCalled();
    expect(slack.adapter.edit).not.toHaveBeenCalled();
    expect(conversations.report).not.toHaveBeenCalled();
  });

  it('asks nobody where the account of its root was removed', async () => {
    const conversations = answering({ act: 'edit', root: ROOT });
    const error = await attempt({ ...platform(), connection: undefined }, conversations).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ type: 'account_not_configured', nonRetryable: true });
    expect(conversations.claim).not.toHaveBeenCalled();
  });

  it('edits the post under the delivery id of its message, and reports it', async () => {
    const slack = platform();
    const conversations = answering({ act: 'edit', root: ROOT });
    const { attempts, receipt } = await attempt(slack, conversations);
    const [edit] = slack.adapter.edit.mock.calls[0] ?? [];
    expect(edit).toMatchObject({ deliveryId: 'root.0', post: ROOT.receipt });
    expect(receipt?.conversation).toEqual({ role: 'edit', of: 'triggered' });
    expect(attempts[0]).toMatchObject({ outcome: 'delivered', as: 'edit' });
    expect(conversations.report.mock.calls[0]?.[1]).toMatchObject({ outcome: 'done', act: 'edit' });
  });

  it('repeats an ambiguous edit without a search', async () => {
    const slack = platform();
    const earlierAttempts: Attempt[] = [{ ...AMBIGUOUS, as: 'edit' }];
    await attempt(slack, answering({ act: 'edit', root: ROOT }), { earlierAttempts });
    expect(slack.adapter.find).not.toHaveBeenCalled();
    expect(slack.adapter.edit).toHaveBeenCalledOnce();
  });

  it.each([true, undefined] as const)(
    'answers in the channel, too, where that is wanted: %s',
    async (broadcast) => {
      const slack = platform();
      const conversation = { ...CONVERSATION, broadcast };
      await attempt(slack, answering({ act: 'reply', root: ROOT }), { conversation });
      expect(slack.adapter.post.mock.calls[0]?.[0].broadcast).toBe(broadcast);
      await attempt(slack, answering({ act: 'post' }), { conversation });
      expect(slack.adapter.post.mock.calls[1]?.[0].broadcast).toBeUndefined();
    },
  );

  it('looks in the thread for an ambiguous reply before it answers again', async () => {
    const slack = platform();
    slack.adapter.find.mockResolvedValue({ messageId: '3.0' });
    const earlierAttempts: Attempt[] = [{ ...AMBIGUOUS, as: 'reply' }];
    const conversations = answering({ act: 'reply', root: ROOT });
    const { receipt } = await attempt(slack, conversations, { earlierAttempts });
    expect(slack.adapter.find).toHaveBeenCalledOnce();
    expect(slack.adapter.find.mock.calls[0]?.[0]).toMatchObject({ replyTo: ROOT.receipt });
    expect(slack.adapter.post).not.toHaveBeenCalled();
    expect(receipt?.messageId).toBe('3.0');
    expect(conversations.report).toHaveBeenCalledOnce();
  });

  it('looks for a post of unknown outcome before it asks, and reports what it finds', async () => {
    const slack = platform();
    slack.adapter.find.mockResolvedValue({ messageId: '2.0' });
    const conversations = answering({ act: 'nothing', supersededBy: 'newer' });
    const { receipt } = await attempt(slack, conversations, { earlierAttempts: [AMBIGUOUS] });
    expect(receipt?.conversation).toEqual({ role: 'root' });
    expect(conversations.claim).not.toHaveBeenCalled();
    expect(conversations.report).toHaveBeenCalledOnce();
  });

  const LOST: Attempt[] = [
    { number: 1, startedAt: '2026-11-23T12:00:00Z', outcome: 'ambiguous', reason: 'worker_lost' },
    {
      number: 1,
      startedAt: '2026-11-23T12:00:00Z',
      outcome: 'ambiguous',
      reason: 'outcome_unknown',
    },
  ];

  it.each(LOST)(
    'looks in the channel and in the thread for what is lost: $reason',
    async (lost) => {
      const slack = platform();
      slack.adapter.find
        .mockResolvedValueOnce(undefined)
        .mockResolvedValueOnce({ messageId: '3.0' });
      const { receipt } = await attempt(slack, answering({ act: 'reply', root: ROOT }), {
        earlierAttempts: [lost],
      });
      expect(receipt?.messageId).toBe('3.0');
      const since = new Date('2026-11-23T12:00:00Z');
      expect(slack.adapter.find.mock.calls).toMatchObject([[{ since }], [{ since, replyTo: {} }]]);
      expect(slack.adapter.post).not.toHaveBeenCalled();
    },
  );

  const DOWN = new DeliveryError('down', { outcome: 'transient', reason: 'platform_unavailable' });
  const SLOW = new DeliveryError('slow', {
    outcome: 'transient',
    reason: 'rate_limited',
    httpStatus: 429,
  });
  const BROKEN = new DeliveryError('gone', { outcome: 'ambiguous', reason: 'connection_failed' });

  it.each([DOWN, SLOW, BROKEN])(
    'looks again after a search in the thread that failed: $reason',
    async (fault) => {
      const slack = platform();
      const conversations = answering({ act: 'reply', root: ROOT });
      slack.adapter.find.mockResolvedValueOnce(undefined).mockRejectedValueOnce(fault);
      const error = await attempt(slack, conversations, {
        earlierAttempts: LOST.slice(0, 1),
      }).catch((thrown: unknown) => thrown);
      const [earlierAttempts] = (error as ApplicationFailure).details as [Attempt[]];
      expect(earlierAttempts.at(-1)).toMatchObject({
        number: 2,
        as: 'reply',
        reason: fault.reason,
      });
      expect(earlierAttempts.at(-1)?.lookup).toBeUndefined();

      slack.adapter.find.mockImplementation(({ replyTo }) =>
        Promise.resolve(replyTo && { messageId: '3.0' }),
      );
      const { receipt } = await attempt(slack, conversations, { earlierAttempts });
      expect(receipt?.messageId).toBe('3.0');
      expect(slack.adapter.post).not.toHaveBeenCalled();
    },
  );

  it('has searched where it looked in both places before the request failed', async () => {
    const slack = platform();
    slack.adapter.post.mockRejectedValue(DOWN);
    const error = await attempt(slack, answering({ act: 'reply', root: ROOT }), {
      earlierAttempts: LOST.slice(0, 1),
    }).catch((thrown: unknown) => thrown);
    const [attempts] = (error as ApplicationFailure).details as [Attempt[]];
    expect(attempts.at(-1)).toMatchObject({ as: 'reply', lookup: 'absent' });
    expect(slack.adapter.find).toHaveBeenCalledTimes(2);
  });

  it('does not answer where the channel can’t be searched and nothing may be sent twice', async () => {
    const slack = platform();
    const missing = new DeliveryError('no', { outcome: 'permanent', reason: 'not_authorised' });
    slack.adapter.find.mockRejectedValueOnce(missing).mockResolvedValueOnce(undefined);
    const attempted = attempt(slack, answering({ act: 'reply', root: ROOT }), {
      earlierAttempts: LOST.slice(0, 1),
      onAmbiguous: 'dead_letter',
      decidedUpTo: 0,
    });
    await expect(attempted).rejects.toMatchObject({ type: 'outcome_unknown' });
    expect(slack.adapter.post).not.toHaveBeenCalled();
  });

  it('leaves a report that Temporal did not take to the workflow', async () => {
    const slack = platform();
    const conversations = answering({ act: 'post' });
    conversations.report.mockRejectedValue(new Error('no Temporal'));
    const result = await attempt(slack, conversations);
    expect(result).toMatchObject({
      receipt: { messageId: '2.0' },
      unreported: { outcome: 'done', act: 'post', deliveryId: DELIVERY.deliveryId },
    });
  });

  it('adopts what an attempt reported whose worker was lost', async () => {
    const slack = platform();
    const conversations = answering({ act: 'adopt', receipt: { messageId: '9.0' } });
    expect((await attempt(slack, conversations)).receipt).toMatchObject({ messageId: '9.0' });
    expect(slack.adapter.post).not.toHaveBeenCalled();
    expect(conversations.report).not.toHaveBeenCalled();
  });

  it('has nothing left of what it adopts, though the message would take several posts by itself', async () => {
    const slack = platform();
    slack.adapter.layout = () => ({ parts: 3 });
    const conversations = answering({ act: 'adopt', receipt: { messageId: '1.0' } });
    const result = await attempt(slack, conversations, { posted: null });
    expect(result.posted).toBeUndefined();
    expect(result.receipt).toEqual({ messageId: '1.0' });
  });

  it('does not ask again and again where an answer is refused as if it were an edit', async () => {
    const slack = platform();
    slack.adapter.post.mockRejectedValue(refusal('edit_refused'));
    const attempted = attempt(slack, answering({ act: 'reply', root: ROOT }));
    await expect(attempted).rejects.toMatchObject({ type: 'edit_refused', nonRetryable: true });
  });

  it.each(['post_not_found', 'edit_refused'] as const)('asks again after %s', async (kind) => {
    const slack = platform();
    slack.adapter.edit.mockRejectedValue(refusal(kind));
    const result = await attempt(slack, answering({ act: 'edit', root: ROOT }));
    expect(result.turn).toEqual({ kind: 'again', rootFault: { kind, deliveryId: 'root.0' } });
    expect(result.attempts).toMatchObject([{ outcome: 'permanent', reason: kind, as: 'edit' }]);
  });

  it('is a dead letter after another refusal', async () => {
    const slack = platform();
    slack.adapter.edit.mockRejectedValue(
      new DeliveryError('no', { outcome: 'permanent', reason: 'content_rejected' }),
    );
    const attempted = attempt(slack, answering({ act: 'edit', root: ROOT }));
    await expect(attempted).rejects.toMatchObject({ type: 'content_rejected', nonRetryable: true });
  });

  it('leaves the short reply of mode both to an activity of its own, and shortens it', async () => {
    const slack = platform();
    const conversation = { ...CONVERSATION, mode: 'both' as const };
    const edited = await attempt(slack, answering({ act: 'edit', root: ROOT }), { conversation });
    expect(edited).toMatchObject({ replyLeft: true });
    const content = { title: 'Resolved', text: 'A long story. '.repeat(100) };
    const replied = await attempt(slack, answering({ act: 'reply', root: ROOT, short: true }), {
      conversation,
      content,
    });
    expect(slack.adapter.post.mock.calls[0]?.[0].content.text).toBe('Resolved');
    expect(replied.receipt?.conversation).toEqual({ role: 'edit_and_reply', of: 'triggered' });
  });

  it('says nothing of the account where only edits are limited', async () => {
    const slack = platform();
    slack.adapter.edit.mockRejectedValue(
      new DeliveryError('slow down', { outcome: 'transient', reason: 'rate_limited' }),
    );
    await attempt(slack, answering({ act: 'edit', root: ROOT })).catch(() => undefined);
    expect(slack.connection.recordResult).not.toHaveBeenCalled();
  });

  it('names what it follows where the platform has neither edits nor threads', async () => {
    const webhook = platform({ edit: false, thread: false });
    const conversations = answering({ act: 'edit', root: ROOT });
    const content = { title: 'Resolved', text: 'ok' };
    const { receipt } = await attempt(webhook, conversations, { content });
    const [post] = webhook.adapter.post.mock.calls[0] ?? [];
    expect(post?.content.text).toBe(
      'Follows: `Disk *full*` (<https://sendproof.example.com/messages/triggered>)\n\nok',
    );
    expect(receipt?.conversation).toEqual({ role: 'follow_up', of: 'triggered' });
    expect(conversations.report.mock.calls[0]?.[1]).toMatchObject({ title: 'Resolved' });
  });
});
