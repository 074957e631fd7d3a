/** That the sandbox's Google Chat is as strict as the real one. */
import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readChatText } from '../../src/sandbox/googleChat/chatText.js';
import type { Sandbox } from '../../src/sandbox/interface.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { stopClock } from '../stoppedClock.js';

const SPACE = 'AAAAOPS0001';
let sandbox: Sandbox;
let key: { private_key: string; client_email: string; token_uri: string };
let token: string;

beforeAll(async () => {
  sandbox = await startSandbox({ limits: 'off' });
  key = JSON.parse(sandbox.googleServiceAccount) as typeof key;
  token = String((await exchange(assertion())).body.access_token);
});
afterAll(() => sandbox.close());
beforeEach(() => sandbox.reset());

interface Answer {
  status: number;
  body: Record<string, unknown> & { error?: { status: string; details?: { reason: string }[] } };
}

function assertion(
  changes: Record<string, unknown> = {},
  privateKey: KeyObject = createPrivateKey(key.private_key),
  header: object = { alg: 'RS256' },
): string {
  const now = Math.floor(Date.now() / 1_000);
  const claims = {
    iss: key.client_email,
    scope: 'https://www.googleapis.com/auth/chat.bot',
    aud: key.token_uri,
    iat: now,
    exp: now + 3_600,
    ...changes,
  };
  const signed = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
}

async function exchange(value: string, grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer') {
  const body = new URLSearchParams({ grant_type: grant, assertion: value });
  return answerOf(await fetch(key.token_uri, { method: 'POST', body }));
}

async function answerOf(response: Response): Promise<Answer> {
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

async function call(
  method: string,
  resource: string,
  body?: unknown,
  authorization = `Bearer ${token}`,
): Promise<Answer> {
  return answerOf(
    await fetch(`${sandbox.googleChatApiUrl}/v1/${resource}`, {
      method,
      headers: { authorization },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    }),
  );
}

const MESSAGES = `spaces/${SPACE}/messages`;
const post = (query = '', body: unknown = { text: 'Disk full' }) =>
  call('POST', `${MESSAGES}?${query}`, body);
const codeOf = ({ body, status }: Answer): string => `${status} ${body.error?.status ?? ''}`.trim();

describe('the token service', () => {
  it.each<[string, () => string]>([
    ['no JWT', () => 'a.b.c'],
    ['another signature', () => assertion().replace(/.{8}$/, 'AAAAAAAA')],
    [
      'another key',
      () => assertion({}, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
    ],
    ['another algorithm', () => assertion({}, undefined, { alg: 'none' })],
    ['another account', () => assertion({ iss: 'other@example.com' })],
    ['another audience', () => assertion({ aud: 'https://oauth2.googleapis.com/token' })],
    ['a lifetime of more than an hour', () => assertion({ exp: Date.now() / 1_000 + 7_200 })],
    ['a time that is over', () => assertion({ iat: 0, exp: 3_600 })],
    ['no scope of Chat', () => assertion({ scope: 'https://www.googleapis.com/auth/drive' })],
  ])('refuses an assertion with %s', async (_what, make) => {
    const { body, status } = await exchange(make());
    expect(status).toBe(400);
    expect(body.error).toMatch(/^invalid_(?:grant|scope)$/);
  });

  it('grants nothing but signed assertions', async () => {
    expect((await exchange(assertion(), 'client_credentials')).status).toBe(400);
  });
});

describe('who may post', () => {
  it.each([
    ['', '401 UNAUTHENTICATED'],
    ['Bearer words', '401 UNAUTHENTICATED'],
    ['Basic words', '401 UNAUTHENTICATED'],
  ])('not with the authorization "%s"', async (authorization, expected) => {
    expect(codeOf(await call('POST', MESSAGES, { text: 'no' }, authorization))).toBe(expected);
  });

  it('not with a token that has expired', async () => {
    const old = String((await exchange(assertion())).body.access_token);
    sandbox.expireGoogleTokens();
    expect(codeOf(await call('POST', MESSAGES, { text: 'no' }, `Bearer ${old}`))).toBe(
      '401 UNAUTHENTICATED',
    );
    token = String((await exchange(assertion())).body.access_token);
  });

  it('not in a space that doesn’t exist, or that the app isn’t a member of', async () => {
    expect(codeOf(await call('POST', 'spaces/AAAAnone/messages', { text: 'no' }))).toBe(
      '404 NOT_FOUND',
    );
    sandbox.addPlace({ platform: 'google-chat', path: 'AAAAother', member: false });
    expect(codeOf(await call('POST', 'spaces/AAAAother/messages', { text: 'no' }))).toBe(
      '403 PERMISSION_DENIED',
    );
  });

  it.each([
    ['key=other', '400 INVALID_ARGUMENT'],
    ['token=other', '401 UNAUTHENTICATED'],
  ])('not through a webhook with %s', async (change, expected) => {
    const url = new URL(sandbox.googleChatWebhookUrl(SPACE));
    const [name = '', value = ''] = change.split('=');
    url.searchParams.set(name, value);
    const answer = await answerOf(await fetch(url, { method: 'POST', body: '{"text":"no"}' }));
    expect(codeOf(answer)).toBe(expected);
  });
});

describe('a message', () => {
  it.each([
    ['no JSON', 'words'],
    ['nothing to show', {}],
    ['spaces only', { text: ' \n' }],
    ['a field that Chat doesn’t know', { text: 'a', blocks: [] }],
    ['a text that isn’t one', { text: 7 }],
    ['more than 32,000 bytes', { text: 'ü'.repeat(16_000) }],
    ['a card without sections', { cardsV2: [{ cardId: 'a', card: {} }] }],
    [
      'a widget that doesn’t exist',
      { cardsV2: [{ cardId: 'a', card: { sections: [{ widgets: [{ table: {} }] }] } }] },
    ],
  ])('is refused with %s', async (_what, body) => {
    expect(codeOf(await post('', body))).toBe('400 INVALID_ARGUMENT');
    expect(sandbox.posts()).toEqual([]);
  });

  it.each(['custom-name', 'client-Upper', 'client-', 'client-a_b', `client-${'a'.repeat(57)}`])(
    'is refused with the id %s',
    async (id) => {
      expect(codeOf(await post(`messageId=${id}`))).toBe('400 INVALID_ARGUMENT');
    },
  );

  it('has an id once, and one message for each request id, which keeps its content', async () => {
    const first = await post('requestId=r1&messageId=client-a');
    const again = await post('requestId=r1&messageId=client-a', { text: 'other words' });
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ name: first.body.name, text: 'other words' });
    expect(codeOf(await post('requestId=r2&messageId=client-a'))).toBe('409 ALREADY_EXISTS');
    expect(sandbox.posts().map(({ text }) => text)).toEqual(['Disk full']);
    const read = await call('GET', `${MESSAGES}/client-a`);
    expect(read.body).toMatchObject({ name: first.body.name, text: 'Disk full' });
  });

  it('is refused with the request id of another sender', async () => {
    await post('requestId=r1');
    const url = new URL(sandbox.googleChatWebhookUrl(SPACE));
    url.searchParams.set('requestId', 'r1');
    const answer = await answerOf(await fetch(url, { method: 'POST', body: '{"text":"a"}' }));
    expect(codeOf(answer)).toBe('400 INVALID_ARGUMENT');
  });

  it('answers in a thread by its name or key, and begins one where it may', async () => {
    const root = await post('messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD', {
      text: 'root',
      thread: { threadKey: 'incident-55' },
    });
    const { name } = root.body.thread as { name: string };
    const orFail = 'messageReplyOption=REPLY_MESSAGE_OR_FAIL';
    for (const thread of [{ name }, { threadKey: 'incident-55' }]) {
      const reply = await post(orFail, { text: 'reply', thread });
      expect(reply.body).toMatchObject({ thread: { name }, threadReply: true });
    }
    for (const thread of [{ name: `${name}x` }, { threadKey: 'other' }]) {
      expect(codeOf(await post(orFail, { text: 'reply', thread }))).toBe('404 NOT_FOUND');
    }
    const apart = await post('', { text: 'apart', thread: { name } });
    expect(apart.body.thread).not.toMatchObject({ name });
    expect(codeOf(await post('messageReplyOption=REPLY'))).toBe('400 INVALID_ARGUMENT');
  });

  it('is changed by a mask, by its app alone, and gone once deleted', async () => {
    const { body } = await post('messageId=client-a');
    const name = String(body.name);
    expect(codeOf(await call('PATCH', name, { text: 'new' }))).toBe('400 INVALID_ARGUMENT');
    expect(codeOf(await call('PATCH', `${name}?updateMask=sender`, { text: 'new' }))).toBe(
      '400 INVALID_ARGUMENT',
    );
    const changed = await call('PATCH', `${name}?updateMask=text,cardsV2`, { text: 'new' });
    expect(changed.body).toMatchObject({ text: 'new', name });
    const url = sandbox.googleChatWebhookUrl(SPACE);
    const other = await answerOf(await fetch(url, { method: 'POST', body: '{"text":"a"}' }));
    expect(Object.keys(other.body).sort()).toEqual(['name', 'text', 'thread']);
    expect(
      codeOf(await call('PATCH', `${String(other.body.name)}?updateMask=text`, { text: 'b' })),
    ).toBe('403 PERMISSION_DENIED');
    await call('DELETE', `${MESSAGES}/client-a`);
    expect(codeOf(await call('PATCH', `${name}?updateMask=text`, { text: 'b' }))).toBe(
      '404 NOT_FOUND',
    );
  });

  it('is refused with a card, or when it is to be read, through a webhook', async () => {
    const url = sandbox.googleChatWebhookUrl(SPACE);
    const cards = [{ card: { sections: [{ widgets: [{ textParagraph: { text: 'a' } }] }] } }];
    const body = JSON.stringify({ cardsV2: cards });
    expect(codeOf(await answerOf(await fetch(url, { method: 'POST', body })))).toBe(
      '400 INVALID_ARGUMENT',
    );
    expect(codeOf(await answerOf(await fetch(url.replace('/messages?', '?'))))).toBe(
      '403 PERMISSION_DENIED',
    );
  });
});

it('takes one message a second in a space, and answers 429 as Google does', async () => {
  stopClock();
  const limited = await startSandbox();
  const url = limited.googleChatWebhookUrl(SPACE);
  const answers: Answer[] = [];
  for (let count = 0; count < 4; count += 1) {
    answers.push(await answerOf(await fetch(url, { method: 'POST', body: '{"text":"a"}' })));
  }
  await limited.close();
  expect(answers.map(codeOf).slice(-1)).toEqual(['429 RESOURCE_EXHAUSTED']);
  expect(answers.at(-1)?.body.error?.details?.[0]?.reason).toBe('RATE_LIMIT_EXCEEDED');
});

it.each([
  ['*a* _b_ ~c~ `d`', 'a[bold]  b[italic]  c[strike]  d[code]'],
  ['a*b*c', 'a*b*c'],
  ['<https://a.example|b>', 'b(https://a.example)'],
  ['<users/all> <div>', '@users/all!  <div>'],
  ['&lt;', '&lt;'],
  ['* item', '•  item'],
])('reads %s as Chat shows it', (text, expected) => {
  const shown = readChatText(text).map(({ runs }) =>
    runs
      .map(({ mention, styles, text: words, url }) =>
        [words, ...styles.map((style) => `[${style}]`), url && `(${url})`, mention && '!']
          .filter(Boolean)
          .join(''),
      )
      .join(' '),
  );
  expect(shown.join('\n').replaceAll(/ {2,}/g, '  ')).toBe(expected);
});
