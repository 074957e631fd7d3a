/** Posts that their source made for Slack itself. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { DestinationAdapter, Edit, Post } from '../../../src/destinations/destination.js';
import { slack } from '../../../src/destinations/slack/platform.js';
import { examplePost, rejection, SECRET } from './contract.js';
import { answering, ScriptedServer } from './scriptedServer.js';

const POSTED = { ok: true, channel: 'C0123ABC', ts: '1763971200.000100' };
const BLOCKS = [{ type: 'section', text: { type: 'mrkdwn', text: '*given*' } }];
const ATTACHMENTS = [{ color: 'danger', text: 'attached' }];

let server: ScriptedServer;
let adapter: DestinationAdapter;
beforeEach(async () => {
  server = new ScriptedServer();
  await server.start();
  process.env.SLACK_GIVEN_TOKEN = `token-${SECRET}`;
  const token = { env: 'SLACK_GIVEN_TOKEN' };
  adapter = slack.createAdapter(slack.accountSchema.parse({ token, apiUrl: `${server.url}/api/` }));
});
afterEach(() => server.stop());

/** Answers calls of a method in this order; the last answer stays. */
function answer(method: string, ...answers: object[]): void {
  const left = [...answers];
  server.script = (socket, request) => {
    const isMeant = request.path === `/api/${method}`;
    const body = isMeant ? (left.length > 1 ? left.shift() : left[0]) : { ok: true };
    answering(200, JSON.stringify(body))(socket, request);
  };
}

const sent = (method: string) =>
  server.requests
    .filter(({ path }) => path === `/api/${method}`)
    .map(({ body }) => new URLSearchParams(body));

type NativePost = NonNullable<NonNullable<Post['content']['native']>['slack']>;

function postWith(given: NativePost): Post {
  const post = examplePost('C0123ABC');
  return { ...post, content: { ...post.content, native: { slack: given } } };
}

const structure = (of: URLSearchParams | undefined, field: string): unknown =>
  JSON.parse(of?.get(field) ?? 'null');

it('are sent as they are', async () => {
  answer('chat.postMessage', POSTED);
  const given = postWith({ text: '*given*', blocks: BLOCKS, attachments: ATTACHMENTS });
  expect(adapter.layout(given)).toEqual({ parts: 1 });
  expect(await adapter.post(given)).toMatchObject({ messageId: POSTED.ts });
  const [only, ...others] = sent('chat.postMessage');
  expect(others).toEqual([]);
  expect(only?.get('text')).toBe('*given*');
  expect(structure(only, 'blocks')).toEqual(BLOCKS);
  expect(structure(only, 'attachments')).toEqual(ATTACHMENTS);
  // It is found again like any other.
  expect(only?.get('metadata')).toContain(given.deliveryId);
});

it('have a text for notifications where only blocks were given, and none beside attachments', async () => {
  answer('chat.postMessage', POSTED);
  await adapter.post(postWith({ blocks: BLOCKS }));
  await adapter.post(postWith({ attachments: ATTACHMENTS }));
  const [blocks, attachments] = sent('chat.postMessage');
  expect(blocks?.get('text')).toContain('Disk full');
  expect(attachments?.get('text')).toBe('');
});

it.each([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_blocks_too_long',
  'msg_too_long',
  'invalid_attachments',
  'too_many_attachments',
  'no_text',
])('are posted as on other platforms where Slack refuses them: %s', async (error) => {
  answer('chat.postMessage', { ok: false, error }, POSTED);
  const given = postWith({ blocks: BLOCKS, attachments: ATTACHMENTS });
  expect(await adapter.post(given)).toMatchObject({ messageId: POSTED.ts });
  const [, rendering, ...others] = sent('chat.postMessage');
  expect(others).toEqual([]);
  expect(rendering?.get('blocks')).toContain('Disk full');
  expect(rendering?.has('attachments')).toBe(false);
  expect(rendering?.get('metadata')).toContain(given.deliveryId);
});

it.each<[string, NativePost]>([
  ['text alone', { text: 'x'.repeat(4_001) }],
  ['text beside attachments', { text: 'x'.repeat(4_001), attachments: ATTACHMENTS }],
])('are rendered, in parts, where Slack would cut them anywhere: %s', async (_what, given) => {
  answer('chat.postMessage', POSTED);
  const post = postWith(given);
  const long = { ...post, content: { ...post.content, text: 'words '.repeat(2_500) } };
  const inParts = { ...long, inParts: 'as configured' } as const;
  expect(adapter.layout(inParts).parts).toBeGreaterThan(1);
  await adapter.post({ ...long, inParts: 'never' });
  const [only] = sent('chat.postMessage');
  expect(only?.get('blocks')).toContain('words words');
  expect(only?.get('text')?.length).toBeLessThanOrEqual(4_000);
});

it('are sent as they are where they mention people, whom a rendering would not', async () => {
  answer('chat.postMessage', POSTED);
  const text = `<!here> ${'x'.repeat(4_001)}`;
  expect(adapter.layout(postWith({ text }))).toEqual({ parts: 1 });
  await adapter.post(postWith({ text }));
  expect(sent('chat.postMessage')[0]?.get('text')).toBe(text);
});

it('are sent as they are up to what Slack shows in one post, with a link where that has room', async () => {
  answer('chat.postMessage', POSTED);
  const url = 'https://sendproof.example.com/messages/disk-full';
  const page = { deduplicationKey: 'disk-full', footer: url, url };
  for (const length of [3_800, 4_000]) {
    const text = 'x'.repeat(length);
    expect(adapter.layout({ ...postWith({ text }), page })).toEqual({ parts: 1 });
    await adapter.post({ ...postWith({ text }), page });
  }
  const [short, long] = sent('chat.postMessage').map((form) => form.get('text'));
  expect(short).toContain(page.footer);
  expect(long).toBe('x'.repeat(4_000));
});

it.each(['ratelimited', 'channel_not_found', 'internal_error', 'invalid_auth'])(
  'are not posted in another form where something else is wrong: %s',
  async (error) => {
    answer('chat.postMessage', { ok: false, error });
    await rejection(adapter.post(postWith({ blocks: BLOCKS })));
    expect(sent('chat.postMessage')).toHaveLength(1);
  },
);

it('are answers where they belong to a thread', async () => {
  answer('chat.postMessage', { ...POSTED, message: { thread_ts: '1763971200.000001' } });
  const replyTo = { messageId: '1763971200.000001', channel: 'C0123ABC' };
  await adapter.post({ ...postWith({ blocks: BLOCKS }), replyTo });
  const [only] = sent('chat.postMessage');
  expect(only?.get('thread_ts')).toBe(replyTo.messageId);
  expect(structure(only, 'blocks')).toEqual(BLOCKS);
});

function editTo(given: NativePost | undefined): Edit {
  const post = given ? postWith(given) : examplePost('C0123ABC');
  return { ...post, post: { messageId: POSTED.ts, channel: POSTED.channel } };
}

it('take the place of an earlier form, which leaves nothing behind', async () => {
  answer('chat.update', POSTED);
  await adapter.edit?.(editTo({ text: 'only text' }));
  await adapter.edit?.(editTo({ attachments: ATTACHMENTS }));
  await adapter.edit?.(editTo(undefined));
  const [text, attachments, rendering] = sent('chat.update');
  expect([structure(text, 'blocks'), structure(text, 'attachments')]).toEqual([[], []]);
  expect([structure(attachments, 'blocks'), structure(attachments, 'attachments')]).toEqual([
    [],
    ATTACHMENTS,
  ]);
  expect(structure(rendering, 'attachments')).toEqual([]);
  expect(rendering?.get('blocks')).toContain('Disk full');
});

it('are edited to the form of other platforms where Slack refuses them', async () => {
  answer('chat.update', { ok: false, error: 'msg_too_long' }, POSTED);
  await adapter.edit?.(editTo({ text: 'é'.repeat(3_000), attachments: ATTACHMENTS }));
  const [, rendering, ...others] = sent('chat.update');
  expect(others).toEqual([]);
  expect(rendering?.get('blocks')).toContain('Disk full');
  expect(structure(rendering, 'attachments')).toEqual([]);
});
