import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPS, startHarness, type Harness } from '../harness.js';
import { eventually } from '../eventually.js';

const KEY = randomBytes(24).toString('hex');
const bearer = { authorization: `Bearer ${KEY}` };

let open: Harness;
let locked: Harness;
beforeAll(async () => {
  const environment = { TEMPORAL_UI_URL: 'https://temporal.example.com/' };
  open = await startHarness({ environment });
  locked = await startHarness({ environment: { SENDPROOF_API_KEYS: KEY }, workers: false });
});
afterAll(async () => {
  await open.close();
  await locked.close();
});

const own = { 'sec-fetch-site': 'same-origin' };

/** Sends a form as a browser does that has the page open, and doesn't follow where it is led. */
function submit(
  harness: Harness,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = own,
) {
  return fetch(new URL(path, harness.api.url), {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers,
    redirect: 'manual',
  });
}

function visit(harness: Harness, path: string, headers: Record<string, string> = {}) {
  return fetch(new URL(path, harness.api.url), { headers, redirect: 'manual' });
}

async function text(harness: Harness, path: string): Promise<string> {
  return await (await visit(harness, path)).text();
}

async function park(key: string, content: object = { text: key }, more: object = {}) {
  open.sandbox.addFault({
    kind: 'slack_error',
    error: 'not_in_channel',
    platform: 'slack',
    operation: 'chat.postMessage',
    times: 1,
  });
  await open.send({ deduplicationKey: key, destinations: [OPS], content, ...more });
  await open.waitForStatus(key, 'dead_lettered');
}

describe('a message’s page', () => {
  it('escapes everything that comes from elsewhere', async () => {
    const attack = `<script>alert("x")</script><img src=x onerror='alert(1)'>`;
    const key = 'a"><script>x</script>';
    await park(
      key,
      { text: attack, title: '</title><script>1</script>' },
      {
        correlation: { source: '<b>s</b>', reference: '"><i>', url: 'https://example.com/"><b>' },
      },
    );
    await open.request('POST', `/v1/messages/${encodeURIComponent(key)}/retry`, {
      by: '<u>ana</u>',
      reason: attack,
    });
    await open.waitForStatus(key, 'confirmed');
    for (const path of [
      `/messages/${encodeURIComponent(key)}`,
      '/messages',
      `/messages?q=${encodeURIComponent('"><script>')}`,
    ]) {
      const html = await text(open, path);
      expect(html.match(/<script[^>]*>/g)).toEqual([
        '<script type="module" src="/assets/live.js">',
      ]);
      expect(html).not.toMatch(/<(?:img|b|i|u)\b/);
    }
    expect(await text(open, `/messages/${encodeURIComponent(key)}`)).toContain(
      '&lt;script>alert(&quot;x&quot;)&lt;/script>',
    );
  });

  it('has the explanation, the timeline, and the ways to Temporal and to the post', async () => {
    await open.send({ deduplicationKey: 'linked', destinations: [OPS], content: { text: 'x' } });
    const { deliveries, explanation } = await open.waitForStatus('linked', 'confirmed');
    const html = await text(open, '/messages/linked');
    expect(html).toContain(explanation);
    expect(html).toContain('posted, after');
    expect(html).toContain(`href="${deliveries[0]?.receipt?.url ?? 'no receipt'}"`);
    expect(html).toContain(
      `href="https://temporal.example.com/namespaces/${open.namespace}/workflows/linked/`,
    );
  });

  it('of a key that was never received says so, and names similar ones', async () => {
    await open.send({
      deduplicationKey: 'disk-1-full',
      destinations: [OPS],
      content: { text: 'x' },
    });
    await open.waitForStatus('disk-1-full', 'confirmed');
    await eventually(async () => {
      const answer = await visit(open, '/messages/disk-2-full');
      expect(answer.status).toBe(404);
      expect(await answer.text()).toMatch(/Never received.*href="\/messages\/disk-1-full"/s);
    });
  });

  it('retries and discards, each with who and why', async () => {
    await park('by-form');
    const retry = await submit(open, '/messages/by-form/retry', { by: 'ana', reason: '' });
    expect(retry.status).toBe(303);
    expect(retry.headers.get('location')).toBe('/messages/by-form');
    const { operatorActions } = await open.waitForStatus('by-form', 'confirmed');
    expect(operatorActions).toMatchObject([{ action: 'retry', by: 'ana' }]);

    await park('given-up');
    const incomplete = await submit(open, '/messages/given-up/discard', { by: 'ana', reason: '' });
    expect(incomplete.status).toBe(400);
    expect(await incomplete.text()).toContain('reason');
    await submit(open, '/messages/given-up/discard', { by: 'ana', reason: 'too late' });
    expect((await open.waitForStatus('given-up', 'discarded')).operatorActions).toMatchObject([
      { action: 'discard', by: 'ana', reason: 'too late' },
    ]);
  });

  it('takes no form of another site', async () => {
    await park('foreign');
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      {},
    ] as Record<string, string>[]) {
      const answer = await submit(open, '/messages/foreign/retry', {}, headers);
      expect(answer.status, JSON.stringify(headers)).toBe(403);
    }
    expect((await open.message('foreign')).operatorActions).toEqual([]);
    // A browser on a plain http address says no more than where it is.
    const answer = await submit(
      open,
      '/messages/foreign/retry',
      { by: 'ana' },
      { origin: open.api.url },
    );
    expect(answer.status).toBe(303);
    await open.waitForStatus('foreign', 'confirmed');
  });
});

it('lists what needs a decision, with the remedy', async () => {
  await park('listed');
  await eventually(async () => {
    const html = await text(open, '/dead-letters?reason=not_authorised');
    expect(html).toMatch(/href="\/messages\/listed".*Invite the account’s app/s);
  });
  expect(await text(open, '/dead-letters?reason=timeout')).toContain('No dead letter was found.');
  expect((await visit(open, '/dead-letters?reason=nonsense')).status).toBe(400);
});

it('lets a page load nothing but its own files, and be framed by nobody', async () => {
  for (const path of ['/messages', '/messages/never-sent', '/assets/live.js', '/sign-in']) {
    const { headers } = await visit(open, path);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/default-src 'none'; script-src 'self'; style-src 'self'/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  }
});

describe('where API keys are configured', () => {
  async function signIn(key: string, to = '/messages') {
    const answer = await submit(locked, '/sign-in', { key, to });
    return { answer, cookie: answer.headers.get('set-cookie') ?? '' };
  }
  const cookieOf = (header: string) => ({ cookie: header.split(';')[0] ?? '' });

  it('asks for one before it shows anything', async () => {
    const answer = await visit(locked, '/messages/secret?x=1');
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('/sign-in?to=%2Fmessages%2Fsecret%3Fx%3D1');
    expect((await submit(locked, '/messages/secret/retry', {})).status).toBe(303);
    const { answer: wrong, cookie } = await signIn('wrong');
    expect(wrong.status).toBe(401);
    expect(cookie).toBe('');
  });

  it('lets in who has signed in, with a cookie that is no key and that scripts can’t read', async () => {
    await locked.request(
      'POST',
      '/v1/messages',
      { deduplicationKey: 'secret', destinations: [OPS], content: { text: 'seen' } },
      bearer,
    );
    const { answer, cookie } = await signIn(KEY, '/messages/secret');
    expect(answer.headers.get('location')).toBe('/messages/secret');
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect(cookie).not.toContain(KEY);
    const page = await visit(locked, '/messages/secret', cookieOf(cookie));
    expect(await page.text()).toContain('seen');

    const altered = cookie.replace(/=(.)/, (_, first: string) => (first === 'A' ? '=B' : '=A'));
    expect((await visit(locked, '/messages', cookieOf(altered))).status).toBe(303);
    // The cookie is for the pages: programs have their key.
    const api = await visit(locked, '/v1/messages', cookieOf(cookie));
    expect(api.status).toBe(401);
  });

  it('lets nobody in with the cookie of a session that was ended', async () => {
    const mine = cookieOf((await signIn(KEY)).cookie);
    const other = cookieOf((await signIn(KEY)).cookie);
    expect((await visit(locked, '/messages', mine)).status).toBe(200);
    expect((await submit(locked, '/sign-out', {}, { ...own, ...mine })).status).toBe(303);
    expect((await visit(locked, '/messages', mine)).status).toBe(303);
    expect((await visit(locked, '/messages', other)).status).toBe(200);
  });

  it('leads nowhere else after signing in', async () => {
    for (const to of ['https://evil.example/', '//evil.example', '/\\evil.example', '/messagesx']) {
      const { answer } = await signIn(KEY, to);
      expect(answer.headers.get('location')).toBe('/');
    }
  });

  it('has the browser ask again where a link of another site came without the cookie', async () => {
    const answer = await visit(locked, '/messages/secret', { 'sec-fetch-site': 'cross-site' });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('content="0; url=/messages/secret"');
  });
});
