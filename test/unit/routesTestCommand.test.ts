/** `sendproof routes test` and `sendproof sources send`, as their users run them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.js';
import { hmac } from '../../src/sources/authentication/hmac.js';
import { pagerduty } from '../../src/sources/pagerduty/source.js';

const SECRET = 'of-this-test';
const CONFIGURATION = `sources:
  pagerduty: { type: pagerduty, secret: { env: PD_SECRET } }
routes:
  - name: payments
    match: { labels.service: 'Payments*' }
    to: ['slack:default/C0PAYMENTS']
  - name: database
    match: { labels.service: '*database' }
    to: ['slack:default/C0DATABASE', 'teams:default/19:x@thread.v2']
    template: incident
templates:
  incident:
    text: '**{{ event.title }}** on {{ event.labels.service | code }}'
`;

let directory: string;
const path = (name: string): string => join(directory, name);
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sendproof-'));
  writeFileSync(path('sendproof.yaml'), CONFIGURATION);
  writeFileSync(path('triggered.json'), pagerduty.samples.triggered?.body ?? '');
  writeFileSync(path('odd.json'), '{"event": 5}');
  writeFileSync(
    path('other.json'),
    (pagerduty.samples.triggered?.body ?? '').replaceAll('Orders database', 'Mail'),
  );
});
afterAll(() => rmSync(directory, { recursive: true }));

async function run(
  args: string[],
  environment: NodeJS.ProcessEnv = { PD_SECRET: SECRET },
): Promise<{ code: number; stdout: string; stderr: string }> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await runCli(args, {
    environment: { SENDPROOF_CONFIG: path('sendproof.yaml'), ...environment },
    stdin: new PassThrough(),
    stdout,
    stderr,
  });
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}

const test = (file: string, ...more: string[]) =>
  run(['routes', 'test', path(file), '--source', 'pagerduty', ...more]);

describe('routes test', () => {
  it('shows the event, which routes take it and why, and the posts', async () => {
    const { code, stdout } = await test('triggered.json');
    expect(code).toBe(0);
    expect(stdout).toContain('authentic     not checked (no --header was given)');
    expect(stdout).toContain('key           01EXAMPLETRIGGER');
    expect(stdout).toContain('✗ payments: labels.service is not Payments*');
    expect(stdout).toContain('✓ database, with the template incident');
    expect(stdout).toContain('message key  pagerduty:01EXAMPLETRIGGER');
    expect(stdout).toContain('slack:default/C0DATABASE');
    expect(stdout).toMatch(/▏.*Disk full on db-3/);
  });

  it('says whether it is authentic', async () => {
    const body = pagerduty.samples.triggered?.body ?? '';
    const signature = `v1=${hmac(body, SECRET).toString('hex')}`;
    const right = await test(
      'triggered.json',
      '--no-posts',
      '--header',
      `X-PagerDuty-Signature: ${signature}`,
    );
    expect([right.code, right.stdout]).toEqual([0, expect.stringContaining('authentic     yes')]);
    const wrong = await test(
      'triggered.json',
      '--no-posts',
      '--header',
      'X-PagerDuty-Signature: v1=00',
    );
    expect([wrong.code, wrong.stdout]).toEqual([1, expect.stringContaining('authentic     no (')]);
  });

  it('needs no secret', async () => {
    const args = ['routes', 'test', path('triggered.json'), '--source', 'pagerduty', '--no-posts'];
    const { code, stdout } = await run([...args, '--header', 'X-PagerDuty-Signature: v1=00'], {});
    expect(code).toBe(0);
    expect(stdout).toContain(
      'authentic     not checked (The environment variable PD_SECRET is not set',
    );
  });

  it('prints JSON for programs', async () => {
    const { stdout } = await test('triggered.json', '--json');
    const report = JSON.parse(stdout) as {
      events: { routes: { content?: { text: string }; posts?: unknown[] }[] }[];
    };
    const [, database] = report.events[0]?.routes ?? [];
    expect(database?.content?.text).toBe(
      '**Incident 55 triggered\\: Disk full on db\\-3** on `Orders database`',
    );
    expect(database?.posts).toHaveLength(2);
  });

  it.each([
    ['odd.json', 'unusable: The body has no event.id.'],
    ['other.json', 'no route takes this event'],
  ])('exits with 1 for %s', async (file, sentence) => {
    const { code, stdout } = await test(file);
    expect([code, stdout]).toEqual([1, expect.stringContaining(sentence)]);
  });

  it('takes the product’s own events', async () => {
    writeFileSync(
      path('event.json'),
      JSON.stringify({ key: '1', source: 'x', title: 'T', labels: { service: 'Payments' } }),
    );
    const args = ['routes', 'test', path('event.json'), '--source', 'events', '--no-posts'];
    expect((await run(args)).stdout).toContain('✓ payments');
  });

  it('names the source that was meant', async () => {
    const { code, stderr } = await run([
      'routes',
      'test',
      path('odd.json'),
      '--source',
      'pagerdty',
    ]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('did you mean "pagerduty"?')]);
  });
});

describe('sources send', () => {
  it('lists the samples', async () => {
    const { stdout } = await run(['sources', 'send', 'pagerduty', '--list']);
    expect(stdout.split('\n')).toContain('triggered');
  });

  interface Received {
    headers: IncomingHttpHeaders;
    body: Buffer;
    url: string | undefined;
  }

  /** What the API receives when this is sent, and what the command says. */
  async function sent(...args: string[]) {
    const received: Received[] = [];
    const server = createServer((request, response) => {
      void buffer(request).then((body) => {
        received.push({ headers: request.headers, body, url: request.url });
        response
          .writeHead(202, { 'content-type': 'application/json' })
          .end('{"status":"accepted"}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const { code, stdout } = await run(['sources', 'send', 'pagerduty', ...args], {
        PD_SECRET: SECRET,
        SENDPROOF_URL: `http://127.0.0.1:${port}`,
      });
      return { code, stdout, request: received[0] };
    } finally {
      server.close();
    }
  }

  const signatureOf = (request: Received | undefined) =>
    hmac(request?.body ?? '', SECRET).toString('hex');

  it('sends a sample as its sender would, and shows the answer', async () => {
    const { code, request, stdout } = await sent('--sample', 'triggered');
    expect([code, stdout]).toEqual([0, expect.stringContaining('202')]);
    expect(request?.url).toBe('/v1/sources/pagerduty');
    expect(request?.headers['x-pagerduty-signature']).toContain(signatureOf(request));
  });

  it.each(['content-type', 'Content-Type', 'CONTENT-TYPE'])(
    'sends one value of a header that is given as %s',
    async (name) => {
      for (const what of [
        ['--sample', 'triggered'],
        ['--file', path('odd.json')],
      ]) {
        const { request } = await sent(...what, '--header', `${name}: text/plain`);
        expect(request?.headers['content-type']).toBe('text/plain');
      }
    },
  );

  it('sends one signature, whatever header of its name is given', async () => {
    const { request } = await sent(
      '--file',
      path('odd.json'),
      '--header',
      'x-pagerduty-SIGNATURE: v1=0',
    );
    expect(request?.headers['x-pagerduty-signature']).toBe(`v1=${signatureOf(request)}`);
  });

  it('sends and signs the bytes of a file that is not UTF-8', async () => {
    const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0xe4, 0x7d]);
    writeFileSync(path('bytes'), bytes);
    const { request } = await sent('--file', path('bytes'));
    expect(request?.body).toEqual(bytes);
    expect(request?.headers['x-pagerduty-signature']).toContain(signatureOf(request));
  });
});
