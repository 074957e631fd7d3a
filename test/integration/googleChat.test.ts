/** Google Chat from the request to the post: what it makes of repeated requests, and what a reader sees. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startHarness, type Harness } from '../harness.js';
import type { Sandbox } from '../../src/sandbox/interface.js';
import type { FaultInput } from '../../src/sandbox/sandbox.js';

const SPACE = 'AAAAOPS0001';
const APP = `google-chat:default/${SPACE}`;
const WEBHOOK = 'google-chat-webhook:default/ops';

const directory = mkdtempSync(join(tmpdir(), 'sendproof-chat-'));

function secretFile(name: string, value: string): { file: string } {
  const file = join(directory, name);
  writeFileSync(file, value);
  return { file };
}

let harness: Harness;
beforeAll(async () => {
  const common = {
    limits: { perDestination: 'off', perAccount: 'off' },
    requestTimeout: '2s',
  };
  harness = await startHarness({
    // One message may meet many of the faults, and a busy machine adds time-outs.
    retry: { attempts: 20 },
    sandboxSettings: (sandbox: Sandbox) => ({
      accounts: {
        'google-chat': {
          default: {
            ...common,
            serviceAccount: secretFile('key.json', sandbox.googleServiceAccount),
            apiUrl: sandbox.googleChatApiUrl,
          },
        },
        'google-chat-webhook': {
          default: {
            ...common,
            webhooks: { ops: secretFile('url', sandbox.googleChatWebhookUrl(SPACE)) },
          },
        },
      },
    }),
  });
});
afterAll(async () => {
  await harness.close();
  rmSync(directory, { recursive: true });
});
beforeEach(() => harness.sandbox.reset());

let keys = 0;
async function send(destinations: string[], more: object = {}): Promise<string> {
  keys += 1;
  const deduplicationKey = `chat-${keys}`;
  const content = { text: `message **${keys}**` };
  const answer = await harness.send({ deduplicationKey, destinations, content, ...more });
  expect(answer.status).toBe(202);
  return deduplicationKey;
}

/** Each makes so many attempts ambiguous after their message is posted. */
const ambiguous = (each: number): FaultInput[] =>
  [
    { kind: 'timeout' },
    { kind: 'reset' },
    { kind: 'http_error', status: 502 },
    { kind: 'garbage' },
  ].map(
    (fault) => ({ platform: 'google-chat', when: 'after', times: each, ...fault }) as FaultInput,
  );

it('makes one post of each message, without a search, however many of the attempts were ambiguous', async () => {
  const count = 60;
  const { sandbox } = harness;
  for (const fault of ambiguous(count / 4)) sandbox.addFault(fault);
  // As an app, and through a webhook; even of a message that may not be sent twice.
  const sent = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      send([index % 6 === 0 ? WEBHOOK : APP], {
        onAmbiguous: index % 2 === 0 ? 'resend' : 'dead_letter',
      }),
    ),
  );
  const messages = await Promise.all(
    sent.map((key) => harness.waitForStatus(key, 'confirmed', 60_000)),
  );
  const attempts = messages.flatMap(({ deliveries }) => deliveries[0]?.attempts ?? []);
  const unknown = attempts.filter(({ outcome }) => outcome === 'ambiguous');
  // On a busy machine a few more time out.
  expect(unknown.length).toBeGreaterThanOrEqual(count);
  expect(new Set(attempts.map(({ lookup }) => lookup ?? 'repeated'))).toEqual(
    new Set(['repeated']),
  );
  const posts = sandbox.posts();
  expect(posts).toHaveLength(count);
  const operations = new Set(sandbox.requests().map(({ operation }) => operation));
  expect([...operations].filter((name) => name !== 'token')).toEqual(['createMessage']);
  const receipts = messages.map(({ deliveries }) => deliveries[0]?.receipt?.messageId);
  expect(receipts.sort()).toEqual(posts.map(({ id }) => `spaces/${SPACE}/messages/${id}`).sort());
  const repeated = messages.find(({ deliveries }) => deliveries[0]?.attempts.length === 2);
  expect(repeated?.explanation).not.toContain('may have posted it too');
}, 90_000);

it('shows text, severity and source, and has the receipt of the post', async () => {
  const key = await send([APP], {
    content: { text: 'Disk *full* on [db-1](https://example.com/db-1)', severity: 'critical' },
    correlation: { source: 'pagerduty', reference: '55', url: 'https://example.com/55' },
  });
  const { deliveries } = await harness.waitForStatus(key, 'confirmed');
  const [post] = harness.sandbox.posts();
  expect(post?.text).toBe(
    '*🚨 Critical*\n\nDisk _full_ on <https://example.com/db-1|db-1>\npagerduty · 55\nOpen',
  );
  expect(deliveries[0]?.receipt).toEqual({
    messageId: `spaces/${SPACE}/messages/${post?.id ?? ''}`,
    thread: `spaces/${SPACE}/threads/${post?.id.split('.')[0] ?? ''}`,
  });
  const page = await (await fetch(harness.sandbox.url)).text();
  expect(page).toContain('<em>full</em>');
  expect(page).toContain('href="https://example.com/55"');
});

it('replaces and answers the post of a conversation', async () => {
  const say = async (mode: string) => {
    const key = await send([APP], { conversation: { key: 'disk', mode } });
    const { deliveries } = await harness.waitForStatus(key, 'confirmed');
    return { key, receipt: deliveries[0]?.receipt };
  };
  const [root, edit, reply] = [await say('update'), await say('update'), await say('reply')];
  expect(edit.receipt).toMatchObject({
    messageId: root.receipt?.messageId,
    conversation: { role: 'edit', of: root.key },
  });
  expect(reply.receipt).toMatchObject({
    thread: root.receipt?.thread,
    conversation: { role: 'reply', of: root.key },
  });
  const textOf = (key: string) => `message *${key.split('-')[1]}*`;
  const [post, answer, ...others] = harness.sandbox.posts();
  expect(post).toMatchObject({ text: textOf(edit.key), earlier: [{ text: textOf(root.key) }] });
  expect(answer).toMatchObject({ text: textOf(reply.key), replyTo: post?.id });
  expect(others).toEqual([]);
});

it('waits while Google limits the space, and is dead-lettered where the app is no member', async () => {
  harness.sandbox.addFault({ kind: 'rate_limited', platform: 'google-chat', times: 2 });
  const limited = await send([APP]);
  const { deliveries } = await harness.waitForStatus(limited, 'confirmed');
  expect(deliveries[0]?.attempts.map(({ reason }) => reason)).toEqual([
    'rate_limited',
    'rate_limited',
    undefined,
  ]);
  harness.sandbox.addPlace({ platform: 'google-chat', path: 'AAAAother', member: false });
  const refused = await send(['google-chat:default/AAAAother']);
  const state = await harness.waitForStatus(refused, 'dead_lettered');
  expect(state.deliveries[0]).toMatchObject({ reason: 'not_authorised' });
  expect(state.deliveries[0]?.attempts[0]).toMatchObject({
    httpStatus: 403,
    platformCode: 'PERMISSION_DENIED',
  });
});
