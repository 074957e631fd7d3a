import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApiDocument } from '../../src/api/schema/openapi.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-openapi-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** The `error` and `warn` problems that `redocly lint` finds under the rules of `redocly.yaml`, as `<rule> <pointer>`. */
async function lint(document: object): Promise<string[]> {
  const file = join(directory, 'openapi.json');
  await writeFile(file, JSON.stringify(document));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      resolve('node_modules/@redocly/cli/bin/cli.js'),
      ...['lint', '--config', resolve('redocly.yaml'), '--format', 'json', file],
    ],
    // Linting needs no network: neither usage data nor a question for newer versions is sent.
    {
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    },
  ).catch((error: unknown) => {
    // The exit code is 1 where there are problems, which are on stdout then as well.
    if ((error as { code?: unknown }).code === 1) return error as { stdout: string };
    throw error;
  });
  const { problems } = JSON.parse(stdout) as { problems: Problem[] };
  return problems.map(({ ruleId, location }) => `${ruleId} ${location[0]?.pointer ?? ''}`);
}

interface Problem {
  ruleId: string;
  location: { pointer?: string }[];
}

describe('redocly lint', () => {
  it('finds no error and no warning in the OpenAPI document', async () => {
    expect(await lint(openApiDocument('1.2.3'))).toEqual([]);
  });

  it('finds an operation without a description, and one without a 4xx answer', async () => {
    const document = openApiDocument('1.2.3');
    const { '/metrics': metrics, '/v1/dead-letters': deadLetters } = document.paths ?? {};
    delete deadLetters?.get?.description;
    delete metrics?.get?.responses?.['401'];
    const problems = await lint(document);
    expect(problems).toHaveLength(2);
    expect(problems.join()).toContain('operation-description #/paths/~1v1~1dead-letters/get');
    expect(problems.join()).toContain('rule/operation-4xx-response #/paths/~1metrics/get');
  });
});
