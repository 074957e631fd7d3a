import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  buildEnvironment,
  commandEnvironment,
  downloadEnvironment,
} from '../../src/embedded/commandEnvironment.js';
import { spawnKept } from '../../src/embedded/keptProcess.js';
import { buildWithGo } from '../../src/embedded/temporalCliInstallation.js';
import { VARIABLE_NAMES } from '../../src/lib/environment.js';

const MARKER = ['never', 'in', 'a', 'child'].join('-');
const NEEDED = { PATH: '/usr/bin:/bin', TZ: 'Europe/Vienna', LANG: 'de_AT.UTF-8', TMPDIR: '/tmp' };
const PROXIES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY'];

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-child-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe.each([
  ['the temporal command', commandEnvironment],
  ['its download', downloadEnvironment],
  ['its build', buildEnvironment],
])('the environment of %s', (_, environmentOf) => {
  it('has what any program needs', () => {
    expect(environmentOf(NEEDED)).toMatchObject(NEEDED);
  });

  it('has none of sendproof’s own variables, but the proxies', () => {
    const names = VARIABLE_NAMES.filter((name) => !PROXIES.includes(name));
    const environment = Object.fromEntries(names.map((name) => [name, MARKER]));
    expect(JSON.stringify(environmentOf(environment))).not.toContain(MARKER);
  });

  it('has no variable with a name that nobody knows', () => {
    const name = fc.stringMatching(/^(?:SENDPROOF|SLACK|AWS|GOOGLE|GITHUB|MY|NODE)_[A-Z_]{1,20}$/);
    fc.assert(
      fc.property(fc.dictionary(name, fc.constant(MARKER)), (environment) => {
        if ('NODE_EXTRA_CA_CERTS' in environment) return;
        expect(JSON.stringify(environmentOf({ ...NEEDED, ...environment }))).not.toContain(MARKER);
      }),
    );
  });
});

it('of the temporal command has no settings of its client', () => {
  const given = { HOME: '/home/ana', XDG_CONFIG_HOME: '/home/ana/.config', USER: 'ana' };
  expect(commandEnvironment(given)).toEqual({ HOME: '/', USER: 'ana' });
  expect(commandEnvironment({})).toEqual({ HOME: '/', USER: 'sendproof' });
});

it('a child process, and what its keeper starts, has no more than that', async () => {
  const environment = commandEnvironment({ ...process.env, MARKER, SENDPROOF_API_KEYS: MARKER });
  const child = spawnKept('/usr/bin/env', [], { environment });
  child.stderr.resume();
  const [output, code] = await Promise.all([text(child.stdout), child.exited]);
  expect(code).toBe(0);
  expect(output).toContain('HOME=/\n');
  expect(output).not.toContain(MARKER);
});

it('a child process makes files that are this user’s alone', async () => {
  const file = join(directory, 'made');
  const child = spawnKept('/bin/sh', ['-c', `: > ${file}`]);
  child.stdout.resume();
  child.stderr.resume();
  expect(await child.exited).toBe(0);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it('the Go toolchain gets no token', async () => {
  const go = join(directory, 'go');
  await writeFile(
    go,
    `#!/bin/sh\n/usr/bin/env > ${directory}/environment\n: > "$GOBIN/temporal"\n`,
  );
  await chmod(go, 0o700);
  await buildWithGo('v0.0.0').fetchInto(directory, {
    environment: { PATH: `${directory}:/usr/bin:/bin`, GOPROXY: 'off', SLACK_BOT_TOKEN: MARKER },
    log: pino({ level: 'silent' }),
  });
  const seen = await readFile(join(directory, 'environment'), 'utf8');
  expect(seen).toContain('GOPROXY=off\n');
  expect(seen).not.toContain(MARKER);
});
