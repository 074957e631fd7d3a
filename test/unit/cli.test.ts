import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { locateApi } from '../../src/cli/apiLocation.js';
import { checkNode } from '../../src/cli/doctor/machine.js';
import { renderLadder, retryLadder } from '../../src/cli/doctor/retries.js';
import { formatDuration } from '../../src/lib/formatDuration.js';
import { table } from '../../src/cli/table.js';
import { runSendproof } from '../sendproofCommand.js';

const cleanUp: (() => void)[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const step of cleanUp.splice(0)) step();
});

/** An API that answers as the test says; resolves with its address. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  cleanUp.push(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function answerWith(body: unknown, status = 200): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
}

describe('a table', () => {
  const rows = [
    ['disk-full', '', 'Invite the app to the channel, then retry it from the command line.'],
    ['部署完成', '', 'Renew it.'],
  ];

  it('aligns its columns, whatever script is in them, and leaves empty ones out', () => {
    const lines = table(['KEY', 'SOURCE', 'REMEDY'], rows, undefined).split('\n');
    expect(lines[0]).toBe('KEY        REMEDY');
    const remedies = lines.slice(1).map((line) => stringWidth(line.split(/ {2,}/)[0] ?? ''));
    expect(remedies).toEqual([9, 8]);
    expect(stringWidth(lines[2]?.slice(0, lines[2].indexOf('Renew')) ?? '')).toBe(11);
  });

  it('keeps each row on one line where there is no terminal', () => {
    expect(table(['KEY', 'SOURCE', 'REMEDY'], rows, undefined).split('\n')).toHaveLength(3);
  });

  it('keeps the first column whole, for copying', () => {
    const key = 'pagerduty-55-triggered';
    const text = table(['KEY', 'REMEDY'], [[key, 'Renew the credentials.']], 44);
    expect(text).toContain(`${key}  Renew the`);
  });

  it('wraps in a narrow terminal and loses nothing', () => {
    const text = table(['KEY', 'SOURCE', 'REMEDY'], rows, 40);
    expect(Math.max(...text.split('\n').map((line) => stringWidth(line)))).toBeLessThanOrEqual(40);
    for (const word of ['disk-full', 'Invite', 'command', 'line.']) expect(text).toContain(word);
  });
});

describe('durations', () => {
  it.each([
    [0, '0ms'],
    [999, '999ms'],
    [2_500, '2.5s'],
    [60_000, '1m'],
    [64_000, '1m 4s'],
    [2_011_000, '33m 31s'],
    [3_600_000, '1h'],
    [90_061_000, '1d 1h'],
  ])('shows %i ms as %s', (durationMs, shown) => {
    expect(formatDuration(durationMs)).toBe(shown);
  });
});

describe('the retry ladder', () => {
  it('is the upper bound of every delay, and their sum', () => {
    const ladder = retryLadder({
      initialDelayMs: 1_000,
      factor: 2,
      maximumDelayMs: 5_000,
      attempts: 6,
    });
    expect(ladder.upperBoundsMs).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
    expect(renderLadder(ladder)).toBe(
      '6 attempts, with delays of at most 1s, 2s, 4s, 5s × 2: 17s in total',
    );
  });

  it('of a single attempt has no steps', () => {
    const profile = { initialDelayMs: 1_000, factor: 2, maximumDelayMs: 5_000, attempts: 1 };
    expect(renderLadder(retryLadder(profile))).toBe('1 attempt, no retry');
  });
});

it('tells a Node.js that is too old', () => {
  expect(checkNode('20.19.0').state).toBe('ok');
  expect(checkNode('100.0.0').state).toBe('ok');
  expect(checkNode('20.9.0')).toMatchObject({
    state: 'broken',
    remedy: 'Install Node.js 20.19 or newer.',
  });
});

it('takes what follows -- as a key, even one that looks like an option', async () => {
  const asked: string[] = [];
  const url = await serve((request, response) => {
    asked.push(request.url ?? '');
    answerWith({ type: 'not_found', title: 'No', detail: 'No.' }, 404)(request, response);
  });
  const environment = { SENDPROOF_URL: url };
  await runSendproof(['status', '--', '--api-url=http://127.0.0.1:1'], { environment });
  expect(asked.slice(0, 1)).toEqual([
    `/v1/messages/${encodeURIComponent('--api-url=http://127.0.0.1:1')}`,
  ]);
});

describe('the API', () => {
  it('is where the option says, else SENDPROOF_URL, else on this machine’s PORT', () => {
    const environment = { SENDPROOF_URL: 'https://example.com/sendproof/', PORT: '4000' };
    expect(locateApi('http://localhost:1', environment).url).toBe('http://localhost:1');
    expect(locateApi(undefined, environment).url).toBe('https://example.com/sendproof');
    expect(locateApi(undefined, { SENDPROOF_URL: '', PORT: '4000' }).url).toBe(
      'http://127.0.0.1:4000',
    );
    expect(locateApi(undefined, { SENDPROOF_DATA_DIR: '/nonexistent' }).url).toBe(
      'http://127.0.0.1:3000',
    );
  });

  it('is given SENDPROOF_API_KEY, else the first of its own keys', () => {
    const keys = { SENDPROOF_API_KEYS: ' first , second' };
    expect(locateApi(undefined, keys).apiKey).toBe('first');
    expect(locateApi(undefined, { ...keys, SENDPROOF_API_KEY: 'mine' }).apiKey).toBe('mine');
    expect(locateApi(undefined, {}).apiKey).toBeUndefined();
  });

  it('is reported when nobody answers, with how to start it', async () => {
    const url = await serve(answerWith({}));
    cleanUp.splice(0).forEach((close) => close());
    const run = await runSendproof(['list', '--api-url', url, '--json']);
    expect(run).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/can't be reached.*npm start.*--api-url/) as string,
    });
    expect(JSON.parse(run.stdout)).toMatchObject({ type: 'api_unreachable' });
  });

  it('is not taken for another server that answers there', async () => {
    const url = await serve((_request, response) => response.end('<h1>Welcome</h1>'));
    expect(await runSendproof(['status', 'x', '--api-url', url])).toMatchObject({
      exitCode: 3,
      stdout: '',
      stderr: expect.stringContaining('not as sendproof') as string,
    });
  });

  it('gets its key by no redirect', async () => {
    const seen = vi.fn();
    const elsewhere = await serve((request, response) => {
      seen();
      answerWith({})(request, response);
    });
    const url = await serve((_request, response) => {
      response.writeHead(307, { location: elsewhere }).end();
    });
    const environment = { SENDPROOF_API_KEY: 'test-key' };
    const run = await runSendproof(['list', '--api-url', url], { environment });
    expect(run.exitCode).toBe(3);
    expect(seen).not.toHaveBeenCalled();
  });
});

describe('a command line that is not right', () => {
  it.each([
    [['frobnicate']],
    [['send', 'slack:default/C0123ABC']],
    [['send', '--text', 'hello']],
    [['send', 'slack:default/C0123ABC', '--text', 'hello', '--severity', 'awful']],
    [['send', 'slack:default/C0123ABC', '--text', 'hello', '--priority', 'high']],
    [['send', 'slack:default/C0123ABC', '--text', 'hello', '--timeout', '30']],
    [['discard', 'alert-55']],
    [['list', '--since', 'yesterday']],
    [['list', '--limit', '0']],
    [['status', 'alert-55', '--watch', '--wait']],
    [['list', '--api-url', 'ftp://example.com']],
  ])('ends with 2 and says what is wrong: %j', async (args) => {
    const run = await runSendproof(args);
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toMatch(/error: /);
  });
});

it('shows its help and its version', async () => {
  expect(await runSendproof(['--help'])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('Exit codes:') as string,
  });
  expect(await runSendproof(['--version'])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
  });
});

describe('what the terminal is shown', () => {
  const hostile = '\u001b[2J\u001b]0;owned\u0007evil\u202e\nsecond';
  const page = {
    messages: [
      {
        deduplicationKey: 'alert-55',
        status: 'confirmed',
        destinations: ['slack:default/C0123ABC'],
        source: hostile,
        acceptedAt: '2026-11-23T12:00:00.123Z',
        deadLetters: [],
      },
    ],
  };

  it('can’t steer it, whoever wrote it', async () => {
    const url = await serve(answerWith(page));
    const { stdout } = await runSendproof(['list', '--wide', '--api-url', url]);
    for (const steering of ['\u001b', '\u0007', '\u202e']) expect(stdout).not.toContain(steering);
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(stdout).toContain('evil');
  });

  it('is coloured on a terminal only, and not with NO_COLOR', async () => {
    vi.stubEnv('FORCE_COLOR', undefined);
    vi.stubEnv('NO_COLOR', undefined);
    vi.stubEnv('NODE_DISABLE_COLORS', undefined);
    // Node takes a machine that says it is a CI system for one without colours, whatever its terminal.
    vi.stubEnv('CI', undefined);
    vi.stubEnv('TERM', 'xterm-256color');
    const url = await serve(answerWith(page));
    const list = ['list', '--api-url', url];
    const onTerminal = await runSendproof(list, { columns: 200 });
    expect(onTerminal.stdout).toContain('\u001b[32mconfirmed');
    expect((await runSendproof(list)).stdout).not.toContain('\u001b');
    vi.stubEnv('NO_COLOR', '1');
    const without = await runSendproof(list, { columns: 200 });
    expect(without.stdout).toBe(stripVTControlCharacters(onTerminal.stdout));
  });
});

it('is documented: every command and every option', async () => {
  const documentation = await readFile('docs/reference/cli.md', 'utf8');
  const help = async (...command: string[]) => (await runSendproof([...command, '--help'])).stdout;
  const listed = (await help()).split('Commands:')[1] ?? '';
  const commands = [...listed.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name = '']) => name);
  expect(commands).toContain('send');
  for (const command of commands.filter((name) => name !== 'help')) {
    expect(documentation).toContain(`sendproof ${command}`);
    for (const [option] of (await help(command)).matchAll(/--[a-z-]+/g)) {
      if (option !== '--version') expect(documentation, command).toContain(option);
    }
  }
});
