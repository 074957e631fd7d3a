/** schemathesis: requests made of an OpenAPI document, valid and invalid, and checks of what is answered. Needs Python 3.11. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import envPaths from 'env-paths';
import { spawnKept } from '../../src/embedded/keptProcess.js';
import { runToEnd } from '../runToEnd.js';

const REQUIREMENTS = resolve(import.meta.dirname, 'requirements.txt');
const SETTINGS = resolve(import.meta.dirname, 'schemathesis.toml');

/** What a run found, as much of its JSON report as proofs need. */
export interface FuzzingReport {
  /** False where it ended early. */
  complete: boolean;
  seed: number;
  operations: { total: number; tested: number };
  test_cases: { generated: number };
  failures: { code: string; title: string; count: number; operations: string[] }[];
  errors: { title: string; count: number }[];
}

export interface Fuzzing {
  report: FuzzingReport;
  /** As it was printed: each failure, with the request that shows it. */
  output: string;
}

/**
 * @param document OpenAPI
 * @param examples how many requests are made for each operation, besides those that the document's examples and limits give
 * @param seed of the random choices. There is one worker: with threads, the order of requests is another each time, and
 *   CPython 3.11 fails now and then where two of them parse (https://github.com/python/cpython/issues/106905).
 */
export async function fuzz(options: {
  url: string;
  apiKey: string;
  document: object;
  examples: number;
  seed: number;
}): Promise<Fuzzing> {
  const python = await install();
  const directory = await mkdtemp(join(tmpdir(), 'sendproof-fuzz-'));
  try {
    const document = join(directory, 'openapi.json');
    const report = join(directory, 'report.json');
    await writeFile(document, JSON.stringify(options.document));
    const child = spawnKept(
      python,
      [
        ...['-m', 'schemathesis.cli', '--config-file', SETTINGS, 'run', document],
        ...['--url', options.url, '--header', `Authorization: Bearer ${options.apiKey}`],
        ...['--max-examples', String(options.examples)],
        ...['--seed', String(options.seed), '--workers', '1', '--no-color', '--no-shrink'],
        ...['--report', 'json', '--report-json-path', report],
      ],
      { cwd: directory },
    );
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    await child.exited;
    if (!existsSync(report)) throw new Error(`schemathesis left no report: ${errors}${output}`);
    return { output, report: JSON.parse(await readFile(report, 'utf8')) as FuzzingReport };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Installs it into this user's cache, once for each list of requirements. Resolves with the Python that has it. */
async function install(): Promise<string> {
  const { cache } = envPaths('sendproof', { suffix: '' });
  const version = createHash('sha256')
    .update(await readFile(REQUIREMENTS))
    .digest('hex')
    .slice(0, 12);
  const directory = join(cache, `schemathesis-${version}`);
  const python = join(directory, 'bin', 'python');
  const complete = join(directory, 'complete');
  if (existsSync(complete)) return python;
  await mkdir(cache, { recursive: true });
  await rm(directory, { recursive: true, force: true });
  await runToEnd('python3', ['-m', 'venv', directory]);
  const options = ['--quiet', '--require-hashes', '--only-binary', ':all:'];
  await runToEnd(python, ['-m', 'pip', 'install', ...options, '--requirement', REQUIREMENTS]);
  // A folder that was left half made has no such file.
  await writeFile(complete, '');
  return python;
}
