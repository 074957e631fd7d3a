import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  COMPOSE_FILE,
  containerFaults,
  readContainerFiles,
  type ContainerFiles,
} from './composeFaults.js';

const files = readContainerFiles();

describe('the container files', () => {
  it('have no fault', () => {
    expect(containerFaults(files)).toEqual([]);
  });

  it.each<[fault: string, name: keyof ContainerFiles, from: string | RegExp, to: string]>([
    ['is not pinned', 'compose', 'postgres:16.14-bookworm', 'postgres:latest'],
    ['is not pinned', 'compose', 'temporalio/ui:2.49.1', 'temporalio/ui'],
    ['server and tools differ', 'compose', 'temporalio/server:1.32.2', 'temporalio/server:1.29.1'],
    ['which is no service', 'compose', /postgresql:(\n +condition)/, 'mysql:$1'],
    ['has no healthcheck', 'compose', /temporal:(\n +condition)/, 'temporal-ui:$1'],
    ['is restarted when it does', 'compose', 'restart: on-failure:10', 'restart: always'],
    ["doesn't exist", 'compose', 'source: ./deploy/local', 'source: ./deploy/elsewhere'],
    ["doesn't exist", 'compose', '- ./deploy/temporal:', '- ./deploy/temporary:'],
    ['not in a mounted folder', 'compose', '/deploy/setup-schema.sh', '/deploy/set-up.sh'],
    ["doesn't exist", 'compose', 'context: .', 'context: ./sendproof'],
    ["doesn't exist", 'compose', 'required: false', 'required: true'],
    ['volume postgresql is not declared', 'compose', '- postgresql-data:', '- postgresql:'],
    ['network storage is not declared', 'compose', /\n {2}storage:/, '\n  store:'],
    [
      'published from no network',
      'compose',
      /\n {2}published:/,
      '\n  published:\n    internal: true',
    ],
    ['published beyond loopback', 'compose', "'127.0.0.1:${PORT:-3000}", "'${PORT:-3000}"],
    ['no variable that sendproof reads', 'compose', 'SENDPROOF_API_KEYS:', 'SENDPROOF_KEYS:'],
    ['SENDPROOF_API_KEYS is not required', 'compose', '${SENDPROOF_API_KEYS:?', '${PORT:-'],
    ['neither required nor has a default', 'compose', '${LOG_LEVEL:-info}', '${LOG_LEVEL}'],
    [
      'required without saying so',
      'compose',
      /\{POSTGRES_PASSWORD:\?[^}]*/,
      '{POSTGRES_PASSWORD:?',
    ],
    ['too short', 'compose', 'stop_grace_period: 45s', 'stop_grace_period: 25s'],
    ['no target worker', 'dockerfile', 'FROM run AS worker', 'FROM run AS deliverer'],
    ['is not pinned', 'dockerfile', 'node:24.21.0-bookworm-slim', 'node:lts'],
    ["doesn't run on musl", 'dockerfile', '24.21.0-bookworm-slim', '24.21.0-alpine3.24'],
    ['not in the build context', 'dockerfile', 'COPY src src', 'COPY source src'],
    ['no earlier stage', 'dockerfile', '--from=dependencies', '--from=installation'],
    ['runs as root', 'dockerfile', 'USER node\n', ''],
    ['starts what is not built', 'dockerfile', '/app/dist/worker.js', '/app/dist/workers.js'],
    ['not in the build context', 'dockerignore', '!worker.ts\n', ''],
    [
      'matching.enableFairness',
      'dynamicConfig',
      'enableFairness:\n  - value: true',
      'x:\n  - value: true',
    ],
    ['matching.numTaskqueueRead', 'dynamicConfig', 'value: 1\n', 'value: 4\n'],
    ['not in deploy/compose.example.env', 'variables', '#TEMPORAL_UI_PORT=', '#UI_PORT='],
    [
      'not in docs/how-to/operate/compose.md',
      'operations',
      /`NAMESPACE_RETENTION`/g,
      'the retention',
    ],
  ])('would be refused: %s (%s)', (fault, name, from, to) => {
    const text = files[name].replace(from, to);
    expect(text).not.toBe(files[name]);

    expect(containerFaults({ ...files, [name]: text }).join('\n')).toContain(fault);
  });
});

describe('the compose file', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sendproof-compose-'));
  });
  afterAll(async () => {
    await rm(directory, { recursive: true });
  });

  it('fits the Compose schema and the linter’s rules', async () => {
    expect(await lintErrors(files.compose)).toEqual([]);
  });

  it.each([
    ['invalid-schema', 'stop_grace_period: 45s', 'stop_grace_time: 45s'],
    ['invalid-yaml', 'services:', 'services: ['],
    ['no-unbound-port-interfaces', "'127.0.0.1:${PORT:-3000}", "'${PORT:-3000}"],
  ])('would be refused: %s', async (rule, from, to) => {
    expect(await lintErrors(files.compose.replace(from, to))).toContain(rule);
  });

  /** The rules that dclint finds broken. Its warnings are about the order of keys: ours is the order of the start. */
  async function lintErrors(text: string): Promise<string[]> {
    const file = join(directory, COMPOSE_FILE);
    await writeFile(file, text);
    const { stdout } = await run(process.execPath, [DCLINT, '--quiet', '--formatter=json', file])
      // Findings make the exit code 1, and are read from the report all the same.
      .catch((error: unknown) => error as { stdout: string });
    return reportSchema
      .parse(JSON.parse(stdout))
      .flatMap(({ messages }) =>
        messages.filter(({ type }) => type === 'error').map(({ rule }) => rule),
      );
  }
});

const run = promisify(execFile);
const DCLINT = join(
  dirname(createRequire(import.meta.url).resolve('dclint/package.json')),
  'bin/dclint.cjs',
);
const reportSchema = z.array(
  z.object({ messages: z.array(z.object({ rule: z.string(), type: z.string() })) }),
);
