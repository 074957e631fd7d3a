import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { PostContent } from '../../src/sandbox/posts.js';
import type { FaultInput, SandboxPlatform, SandboxPost } from '../../src/sandbox/sandbox.js';
import { startHarness, WEBHOOK, type Harness, type MessageState } from '../harness.js';
import { eachReaches, repeated, slackChannel, teamsChannel } from './deliveries.js';
import { startWorkerProcess } from './productProcess.js';

const ATTEMPTS = 3;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ retry: { attempts: ATTEMPTS }, requestTimeout: '2s' });
});
afterAll(() => harness.close());
beforeEach(() => harness.sandbox.reset());

const POSTING: Partial<Record<SandboxPlatform, string>> = {
  slack: 'chat.postMessage',
  teams: 'postChannelMessage',
  'teams-webhook': 'postCard',
  'google-chat': 'createMessage',
  webhook: 'receive',
  pagerduty: 'createNote',
};
const SEARCHING = { slack: 'conversations.history', teams: 'listChannelMessages' };

const place = (destination: string) => {
  const [, platform = '', path = ''] = /^([^:]+):[^/]+\/(.*)$/.exec(destination) ?? [];
  return { platform: platform as SandboxPlatform, path };
};

type Ambiguity = { when: 'before' | 'after' } & (
  { kind: 'timeout' } | { kind: 'reset' } | { kind: 'http_error'; status: number }
);

/** The next post to this destination ends so that nobody can tell whether it was made. */
function makeAmbiguous(
  destination: string,
  ambiguity: Ambiguity = { kind: 'http_error', status: 502, when: 'after' },
): void {
  const { platform, path } = place(destination);
  const fault: FaultInput = { ...ambiguity, platform, path, operation: POSTING[platform] };
  harness.sandbox.addFault({ ...fault, times: 1 });
}

function forbidLooking(): void {
  harness.sandbox.grantSlackScopes(['chat:write']);
  harness.sandbox.grantGraphPermissions(['User.Read', 'ChannelMessage.Send']);
}

function postings(): number {
  return Object.values(POSTING).flatMap((operation) => harness.sandbox.requests({ operation }))
    .length;
}

let keys = 0;
async function send(destination: string, onAmbiguous: 'resend' | 'dead_letter'): Promise<string> {
  keys += 1;
  const deduplicationKey = `ambiguous-${keys}`;
  const message = { deduplicationKey, destinations: [destination], content: { text: 'once' } };
  const answer = await harness.send({ ...message, onAmbiguous });
  expect(answer.status).toBe(202);
  return deduplicationKey;
}

async function retry(key: string): Promise<void> {
  const answer = await harness.request('POST', `/v1/messages/${key}/retry`, { by: 'ana' });
  expect(answer.status).toBe(202);
}

const attemptsOf = ({ deliveries }: MessageState) => deliveries[0]?.attempts;

const TIME = '\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z';

describe('where nobody may look', () => {
  beforeEach(forbidLooking);

  it('dead_letter makes not one extra post in 100 ambiguous attempts', async () => {
    const ambiguities: Ambiguity[] = (['before', 'after'] as const).flatMap((when) => [
      { kind: 'timeout', when },
      { kind: 'reset', when },
      { kind: 'http_error', status: 500, when },
      { kind: 'http_error', status: 504, when },
    ]);
    const destinations = Array.from({ length: 100 }, (_, index) =>
      index % 5 === 4 ? WEBHOOK : index % 2 === 0 ? slackChannel(index) : teamsChannel(index),
    );
    const planned = destinations.map((destination, index) => {
      const ambiguity = ambiguities[index % ambiguities.length] ?? { kind: 'reset', when: 'after' };
      makeAmbiguous(destination, ambiguity);
      return ambiguity.when;
    });
    const states: MessageState[] = [];
    for (let at = 0; at < destinations.length; at += 25) {
      const wave = destinations.slice(at, at + 25);
      const sent = await Promise.all(wave.map((each) => send(each, 'dead_letter')));
      states.push(...(await eachReaches('dead_lettered', harness, sent, 60_000)));
    }

    for (const state of states) {
      expect(state.deliveries[0]).toMatchObject({
        reason: 'outcome_unknown',
        detail: expect.stringMatching(new RegExp(`since ${TIME} may have posted it`)) as string,
      });
      expect(attemptsOf(state)?.[0]).toMatchObject({ number: 1, outcome: 'ambiguous' });
      const last = attemptsOf(state)?.at(-1);
      // On a busy machine, the answer that looking is refused may come too late, as often as is tried.
      expect(last).toMatchObject(
        last?.reason === 'timeout'
          ? { outcome: 'transient' }
          : { outcome: 'permanent', reason: 'outcome_unknown', lookup: 'refused' },
      );
    }
    // An overloaded server may lose an attempt on its way to the worker: as unknown to us as one that was made.
    const made = states.map((state) => attemptsOf(state)?.[0]?.reason !== 'worker_lost');
    expect(postings()).toBe(made.filter(Boolean).length);
    const posts = harness.sandbox.posts();
    expect(posts).toHaveLength(
      planned.filter((when, index) => when === 'after' && made[index]).length,
    );
    expect(repeated(posts)).toEqual([]);
  }, 240_000);

  it.each([slackChannel(1), teamsChannel(1), WEBHOOK])(
    'resend sends again to %s, and the log says that nobody could look',
    async (destination) => {
      makeAmbiguous(destination, { kind: 'http_error', status: 502, when: 'before' });
      const state = await harness.waitForStatus(await send(destination, 'resend'), 'confirmed');
      expect(attemptsOf(state)).toMatchObject([
        { outcome: 'ambiguous', reason: 'platform_unavailable', httpStatus: 502 },
        { outcome: 'delivered', lookup: 'refused' },
      ]);
      expect(harness.sandbox.posts()).toHaveLength(1);
    },
  );

  it.each([slackChannel(2), teamsChannel(2), WEBHOOK])(
    'a person who retries a message to %s whose outcome is unknown has decided: it is posted',
    async (destination) => {
      makeAmbiguous(destination, { kind: 'http_error', status: 502, when: 'before' });
      const key = await send(destination, 'dead_letter');
      await harness.waitForStatus(key, 'dead_lettered');
      await retry(key);
      const state = await harness.waitForStatus(key, 'confirmed');
      expect(attemptsOf(state)).toMatchObject([
        { outcome: 'ambiguous' },
        { reason: 'outcome_unknown', lookup: 'refused' },
        { number: 3, outcome: 'delivered', lookup: 'refused' },
      ]);
      expect(harness.sandbox.posts()).toHaveLength(1);
    },
  );

  it('a person’s retry decides about what was unknown, not about what becomes unknown after it', async () => {
    const destination = slackChannel(3);
    makeAmbiguous(destination);
    const key = await send(destination, 'dead_letter');
    await harness.waitForStatus(key, 'dead_lettered');
    makeAmbiguous(destination);
    await retry(key);
    await harness.waitForAttempts(key, 4);
    const state = await harness.waitForStatus(key, 'dead_lettered');
    expect(attemptsOf(state)).toMatchObject([
      { outcome: 'ambiguous' },
      { reason: 'outcome_unknown' },
      { number: 3, outcome: 'ambiguous', lookup: 'refused' },
      { number: 4, reason: 'outcome_unknown', lookup: 'refused' },
    ]);
    expect(postings()).toBe(2);
  });
});

describe('a platform that posts, and then answers that it refused', () => {
  it.each<[string, FaultInput]>([
    [slackChannel(10), { kind: 'slack_error', error: 'msg_too_long', platform: 'slack' }],
    [teamsChannel(10), { kind: 'http_error', status: 400, platform: 'teams' }],
  ])('is searched by a person’s retry: one post in %s', async (destination, fault) => {
    const { platform } = place(destination);
    const once = { operation: POSTING[platform], when: 'after', times: 1 } as const;
    harness.sandbox.addFault({ ...fault, ...once });
    const key = await send(destination, 'resend');
    await harness.waitForStatus(key, 'dead_lettered');
    await retry(key);
    const state = await harness.waitForStatus(key, 'confirmed');
    expect(attemptsOf(state)).toMatchObject([
      { outcome: 'permanent' },
      { number: 2, outcome: 'delivered', lookup: 'found' },
    ]);
    expect(harness.sandbox.posts()).toHaveLength(1);
  });
});

describe('a retry after an unknown outcome', () => {
  it.each([slackChannel(4), teamsChannel(4)])(
    'finds the post in %s once looking is allowed, and doesn’t post again',
    async (destination) => {
      forbidLooking();
      makeAmbiguous(destination);
      const key = await send(destination, 'dead_letter');
      await harness.waitForStatus(key, 'dead_lettered');
      harness.sandbox.grantSlackScopes(['chat:write', 'channels:history']);
      harness.sandbox.grantGraphPermissions(['ChannelMessage.Send', 'ChannelMessage.Read.All']);
      await retry(key);
      const state = await harness.waitForStatus(key, 'confirmed');
      expect(attemptsOf(state)?.at(-1)).toMatchObject({ outcome: 'delivered', lookup: 'found' });
      expect(harness.sandbox.posts()).toHaveLength(1);
    },
  );

  it('finds the post once the token is good again, though everything was refused meanwhile', async () => {
    const destination = slackChannel(5);
    makeAmbiguous(destination);
    const ofRevokedToken = { kind: 'revoked_token', platform: 'slack', path: 'C00000005' } as const;
    const revoked = [POSTING.slack, SEARCHING.slack].map((operation) => ({
      ...ofRevokedToken,
      operation,
    }));
    const key = await send(destination, 'resend');
    await harness.sandbox.waitForPosts(1, {}, 20_000);
    const faults = revoked.map((fault) => harness.sandbox.addFault(fault));
    const held = await harness.waitForAttempts(key, 2);
    expect(attemptsOf(held)?.at(-1)?.reason).toBe('credentials_rejected');
    for (const fault of faults) harness.sandbox.removeFault(fault);
    const state = await harness.waitForStatus(key, 'confirmed');
    expect(attemptsOf(state)?.at(-1)).toMatchObject({ outcome: 'delivered', lookup: 'found' });
    expect(harness.sandbox.posts()).toHaveLength(1);
  });
});

describe('a message that “temporal workflow reset” runs again', () => {
  async function reset(key: string): Promise<void> {
    await promisify(execFile)(inject('temporalCliPath'), [
      ...['workflow', 'reset', '--workflow-id', key, '--type', 'FirstWorkflowTask'],
      ...['--reason', 'test', '--address', harness.temporalAddress],
      ...['--namespace', harness.namespace],
    ]);
  }

  it('is not posted again where its post is still there', async () => {
    const destinations = [slackChannel(8), teamsChannel(8)];
    const message = { deduplicationKey: 'reset', destinations, content: { text: 'once' } };
    await harness.send(message);
    await harness.waitForStatus('reset', 'confirmed');
    await reset('reset');
    const { deliveries } = await harness.waitForStatus('reset', 'confirmed');
    for (const { attempts } of deliveries) {
      expect(attempts).toMatchObject([
        { outcome: 'ambiguous', reason: 'outcome_unknown' },
        { outcome: 'delivered', lookup: 'found' },
      ]);
    }
    expect(harness.sandbox.posts()).toHaveLength(2);
  });

  it('is posted where it was given up before', async () => {
    harness.sandbox.addFault({ kind: 'slack_error', error: 'is_archived', platform: 'slack' });
    const key = await send(slackChannel(9), 'dead_letter');
    await harness.waitForStatus(key, 'dead_lettered');
    await harness.request('POST', `/v1/messages/${key}/discard`, { by: 'ana', reason: 'archived' });
    await harness.waitForStatus(key, 'discarded');
    harness.sandbox.clearFaults();
    await reset(key);
    await harness.waitForStatus(key, 'confirmed');
    expect(harness.sandbox.posts()).toHaveLength(1);
  });
});

describe.each([
  { platform: 'slack' as const, destination: slackChannel(6) },
  { platform: 'teams' as const, destination: teamsChannel(6) },
])('a look-up on $platform that fails', ({ platform, destination }) => {
  const failing = { kind: 'http_error', status: 503, platform } as const;

  it('is tried again, and nothing is posted before it has answered', async () => {
    makeAmbiguous(destination);
    harness.sandbox.addFault({ ...failing, operation: SEARCHING[platform], times: 1 });
    const state = await harness.waitForStatus(await send(destination, 'resend'), 'confirmed');
    expect(attemptsOf(state)).toMatchObject([
      { outcome: 'ambiguous' },
      { outcome: 'transient', reason: 'platform_unavailable', httpStatus: 503 },
      { outcome: 'delivered', lookup: 'found' },
    ]);
    expect(attemptsOf(state)?.[1]).not.toHaveProperty('lookup');
    expect(postings()).toBe(1);
  });

  it.each([
    ['resend', 'platform_unavailable'],
    ['dead_letter', 'outcome_unknown'],
  ] as const)('for good parks the message (%s: %s) and posts nothing', async (decision, reason) => {
    makeAmbiguous(destination);
    const fault = harness.sandbox.addFault({ ...failing, operation: SEARCHING[platform] });
    const key = await send(destination, decision);
    const parked = await harness.waitForStatus(key, 'dead_lettered');
    expect(attemptsOf(parked)).toHaveLength(ATTEMPTS);
    expect(parked.deliveries[0]?.reason).toBe(reason);
    if (decision === 'dead_letter') {
      expect(parked.deliveries[0]?.detail).toMatch(new RegExp(`since ${TIME}`));
    }
    expect(postings()).toBe(1);

    harness.sandbox.removeFault(fault);
    await retry(key);
    await harness.waitForStatus(key, 'confirmed');
    expect(harness.sandbox.posts()).toHaveLength(1);
  });
});

describe('a look-up', () => {
  const OLD = 1_000;
  const RECENT = 450;
  let busy: Harness;
  afterEach(() => busy.close());

  it.each([
    // 200 messages a page, all of which Slack itself finds to be recent enough.
    { platform: 'slack' as const, destination: slackChannel(7), pages: 3 },
    // 50 a page, newest first, until a page holds nothing that is recent enough.
    { platform: 'teams' as const, destination: teamsChannel(7), pages: 10 },
  ])(
    'on $platform reads no further back than the first attempt',
    async ({ platform, destination, pages }) => {
      const directory = await mkdtemp(join(tmpdir(), 'sendproof-test-'));
      const file = join(directory, 'posts.jsonl');
      const { path } = place(destination);
      const history = [
        ...conversation(platform, path, OLD, Date.now() - 3_600_000),
        ...conversation(platform, path, RECENT, Date.now() - 1_000),
      ];
      await writeFile(
        file,
        history.map((post) => `${JSON.stringify({ event: 'posted', post })}\n`).join(''),
      );
      busy = await startHarness({ sandbox: { file } });
      await rm(directory, { recursive: true });
      busy.sandbox.addFault({
        kind: 'http_error',
        status: 503,
        platform,
        operation: POSTING[platform],
        times: 1,
      });

      await busy.send({
        deduplicationKey: 'busy-channel',
        destinations: [destination],
        content: { text: 'somewhere in a crowd' },
      });
      const state = await busy.waitForStatus('busy-channel', 'confirmed');

      expect(attemptsOf(state)).toMatchObject([
        { outcome: 'ambiguous' },
        { outcome: 'delivered', lookup: 'absent' },
      ]);
      const requests = busy.sandbox.requests({ operation: SEARCHING[platform] });
      expect(requests).toHaveLength(pages);
      expect(busy.sandbox.posts()).toHaveLength(OLD + RECENT + 1);
    },
  );
});

/** What others said in a channel, up to that time. */
function conversation(
  platform: 'slack' | 'teams',
  path: string,
  length: number,
  until: number,
): SandboxPost[] {
  const content: PostContent =
    platform === 'slack'
      ? { kind: 'slack', text: 'chatter' }
      : {
          kind: 'graph',
          body: { contentType: 'text', content: 'chatter' },
          subject: null,
          importance: 'normal',
          attachments: [],
        };
  return Array.from({ length }, (_, index) => {
    const postedAt = until - length + index;
    const seconds = Math.floor(postedAt / 1_000);
    const fraction = String((postedAt % 1_000) * 1_000).padStart(6, '0');
    const id = platform === 'slack' ? `${seconds}.${fraction}` : String(postedAt);
    return { platform, path, id, text: 'chatter', postedAt, content };
  });
}

describe('a worker lost in every attempt, the last one too', () => {
  it('leaves each attempt in the log; a retry then finds what was posted', async () => {
    const lonely = await startHarness({ workers: false, retry: { attempts: 2 } });
    const workers = [];
    try {
      const decisions = ['resend', 'dead_letter'] as const;
      const messages = decisions.map((onAmbiguous, index) => ({
        deduplicationKey: onAmbiguous,
        destinations: [slackChannel(index)],
        content: { text: onAmbiguous },
        onAmbiguous,
      }));
      // The first attempt is posted and never told of; the second one never learns that, because it can't look.
      lonely.sandbox.addFault({ kind: 'hold', platform: 'slack', operation: POSTING.slack });
      lonely.sandbox.addFault({ kind: 'hold', platform: 'slack', operation: SEARCHING.slack });
      workers.push(await startWorkerProcess(lonely));
      await Promise.all(messages.map((message) => lonely.send(message)));
      await lonely.sandbox.waitForPosts(2, {}, 20_000);
      await workers[0]?.kill('SIGKILL');
      workers.push(await startWorkerProcess(lonely));
      await expect
        .poll(() => lonely.sandbox.requests({ operation: SEARCHING.slack }).length, {
          timeout: 30_000,
        })
        .toBe(2);
      await workers[1]?.kill('SIGKILL');
      lonely.sandbox.clearFaults();

      workers.push(await startWorkerProcess(lonely));
      const [resend, deadLetter] = await Promise.all(
        decisions.map((key) => lonely.waitForStatus(key, 'dead_lettered', 40_000)),
      );
      expect(resend?.deliveries[0]?.reason).toBe('worker_lost');
      expect(deadLetter?.deliveries[0]).toMatchObject({
        reason: 'outcome_unknown',
        detail: expect.stringMatching(new RegExp(`since ${TIME}`)) as string,
      });
      for (const state of [resend, deadLetter]) {
        expect(state?.deliveries[0]?.attempts).toMatchObject([
          { number: 1, outcome: 'ambiguous', reason: 'worker_lost' },
          { number: 2, outcome: 'ambiguous', reason: 'worker_lost' },
        ]);
      }

      for (const key of decisions) {
        await lonely.request('POST', `/v1/messages/${key}/retry`);
        const state = await lonely.waitForStatus(key, 'confirmed');
        expect(attemptsOf(state)?.at(-1)).toMatchObject({ number: 3, lookup: 'found' });
      }
      expect(lonely.sandbox.posts()).toHaveLength(2);
    } finally {
      for (const worker of workers) await worker.kill('SIGKILL');
      await lonely.close();
    }
  }, 120_000);
});
