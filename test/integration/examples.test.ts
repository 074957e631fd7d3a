import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHarness, type Harness } from '../harness.js';

const API_KEY = 'key-of-the-examples';
const AUTHORIZATION = { authorization: `Bearer ${API_KEY}` };

/** Each with a channel of its own, where its posts are counted. */
const EXAMPLES = [
  { name: 'curl', command: ['sh', 'send.sh'], needs: ['curl', 'jq'], channel: 'CEXAMPLESH' },
  { name: 'Node.js', command: ['node', 'send.mjs'], needs: ['node'], channel: 'CEXAMPLEJS' },
  { name: 'Python', command: ['python3', 'send.py'], needs: ['python3'], channel: 'CEXAMPLEPY' },
  { name: 'Go', command: ['go', 'run', 'send.go'], needs: ['go'], channel: 'CEXAMPLEGO' },
];

const EXAMPLES_FOLDER = resolve(import.meta.dirname, '../../examples');

/** The first run of the example in Go compiles a part of Go's library. */
const COMPILE_TIMEOUT_MS = 180_000;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    environment: { SENDPROOF_API_KEYS: API_KEY, BASE_PATH: '/sendproof' },
  });
});
afterAll(() => harness.close());

describe.concurrent.each(EXAMPLES)('the example for $name', ({ command, needs, channel }) => {
  // A person's machine may lack a language. On CI all of them must be there, and a missing one fails.
  const missing = needs.filter((program) => spawnSync(program, ['--help']).error !== undefined);
  const isLeftOut = missing.length > 0 && !process.env.CI;
  const itRuns = isLeftOut ? it.skip : it;

  beforeAll(async () => {
    if (isLeftOut) return;
    const { exitCode, stderr } = await run(command, {});
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^Usage: .*<key> <destination> <text>\n/) as string,
    });
  }, COMPILE_TIMEOUT_MS);

  const send = (
    server: string,
    key: string,
    { to = channel, environment = {} }: { to?: string; environment?: NodeJS.ProcessEnv } = {},
  ) =>
    run([...command, key, `slack:default/${to}`, `${key}: "disk\nfull" \\ ≥ 90 %`], {
      SENDPROOF_URL: server,
      SENDPROOF_API_KEY: API_KEY,
      ...environment,
    });
  const postsOf = (key: string) =>
    harness.sandbox
      .posts({ platform: 'slack', path: channel })
      .filter(({ text }) => text.startsWith(key));

  itRuns('posts once, however often it is run', async () => {
    const key = `${channel}/once %2F`;

    const first = await send(harness.api.url, key);
    const second = await send(`${harness.api.url}/sendproof`, key);

    for (const { exitCode, stdout, stderr } of [first, second]) {
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).toMatch(/^confirmed: Confirmed: posted to slack:default\/\w+ at .*\.\n$/);
    }
    expect(postsOf(key).map(({ text }) => text)).toEqual([`${key}: "disk\nfull" \\ ≥ 90 %`]);
  });

  itRuns('repeats a request that was refused for a while or got no answer', async () => {
    const unreliable = await UnreliableApi.start(harness.api.url);
    try {
      const { exitCode, stdout } = await send(unreliable.url, `${channel}/repeated`);

      expect({ exitCode, stdout }).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(/^confirmed: /) as string,
      });
      expect(postsOf(`${channel}/repeated`)).toHaveLength(1);
      // It says Retry-After: 2; on its own an example would come again after 1 s.
      const [refused = 0, unanswered = 0] = unreliable.requestedAt;
      expect(unanswered - refused).toBeGreaterThan(1_900);
      // Refused, broken off after it was accepted, answered, and waited for.
      expect(unreliable.requestedAt).toHaveLength(4);
    } finally {
      await unreliable.close();
    }
  });

  itRuns('fails when no server answers, and says where it should be', async () => {
    const nowhere = await UnreliableApi.start(harness.api.url);
    await nowhere.close();

    const { exitCode, stdout, stderr } = await send(nowhere.url, 'unsent', {
      environment: { SENDPROOF_TRIES: '2' },
    });

    expect(exitCode).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(`sendproof at ${nowhere.url} can't be reached`);
    expect(stderr).toContain('send the message again with the same key');
    expect(stderr).not.toContain('Traceback');
  });

  itRuns('fails at once when the message is refused, and says why', async () => {
    const wrongKey = await send(harness.api.url, 'unsent', {
      environment: { SENDPROOF_API_KEY: 'another' },
    });
    const invalid = await send(harness.api.url, 'dlq/unsent');

    expect(wrongKey).toMatchObject({ exitCode: 1, stdout: '' });
    expect(wrongKey.stderr).toContain('sendproof answered 401: Send one of the keys');
    expect(invalid).toMatchObject({ exitCode: 1, stdout: '' });
    expect(invalid.stderr).toContain('sendproof answered 400: deduplicationKey: must not begin');
    expect(postsOf('dlq')).toEqual([]);
  });

  itRuns('fails when the message ends without being posted, and says why', async () => {
    const closed = `${channel}CLOSED`;
    harness.sandbox.addFault({
      kind: 'slack_error',
      error: 'not_in_channel',
      platform: 'slack',
      path: closed,
      times: 1,
    });
    const key = `discarded-${closed}`;

    const parked = await send(harness.api.url, key, { to: closed });
    expect(parked.exitCode).toBe(1);
    expect(parked.stdout).toMatch(/^dead_lettered: .*not_in_channel.*needed a decision/);

    const decision = { by: 'ana', reason: 'channel closed' };
    const path = `/v1/messages/${key}/discard`;
    expect((await harness.request('POST', path, decision, AUTHORIZATION)).status).toBe(202);
    const discarded = await send(harness.api.url, key, { to: closed });
    expect(discarded.exitCode).toBe(1);
    expect(discarded.stdout).toMatch(/^discarded: .*ana.*channel closed/);
    expect(harness.sandbox.posts({ platform: 'slack', path: closed })).toEqual([]);
  });
});

interface Run {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs a command in the folder of the examples. Rejects where there is no such command. */
async function run(
  [file = '', ...args]: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<Run> {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...environment };
  return await new Promise((done, reject) => {
    execFile(file, args, { cwd: EXAMPLES_FOLDER, env }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : error.code;
      if (typeof exitCode === 'number') done({ exitCode, stdout, stderr });
      else reject(error ?? new Error(`${file} has no exit code`));
    });
  });
}

/** The API behind a network that loses the first two requests, in two ways. */
class UnreliableApi {
  /** Of each request, in order; milliseconds since the process began. */
  readonly requestedAt: number[] = [];
  url = '';
  readonly #server: Server;
  readonly #api: string;

  private constructor(api: string) {
    this.#api = api;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(api: string): Promise<UnreliableApi> {
    const unreliable = new UnreliableApi(api);
    await once(unreliable.#server.listen(0, '127.0.0.1'), 'listening');
    unreliable.url = `http://127.0.0.1:${(unreliable.#server.address() as AddressInfo).port}`;
    return unreliable;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requestedAt.push(performance.now());
    const count = this.requestedAt.length;
    if (count === 1) {
      response.writeHead(503, { 'retry-after': '2' }).end();
      return;
    }
    const { method = '', url = '', headers } = request;
    const body = method === 'POST' ? await buffer(request) : undefined;
    const answer = await fetch(this.#api + url, {
      method,
      headers: {
        authorization: headers.authorization ?? '',
        'content-type': headers['content-type'] ?? '',
      },
      body,
    });
    const text = await answer.text();
    if (count === 2) request.socket.destroy();
    else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}
