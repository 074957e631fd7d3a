/** What the GitHub workflow and the repository's other files must agree on. That it is valid, `.ci/lint-workflows` checks. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

interface Job {
  container: string;
  strategy: { matrix: { node: string[] } };
  steps: { run?: string }[];
}
interface Workflow {
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

const workflow = parse(await read('.github/workflows/ci.yml')) as Workflow;
const jobs = Object.values(workflow.jobs);

it('runs .ci/run and no other command', () => {
  const commands = jobs.flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
  expect(commands).toEqual(['.ci/run']);
});

it('runs on the oldest supported version of Node.js and on the one in .nvmrc', async () => {
  const { engines } = JSON.parse(await read('package.json')) as { engines: { node: string } };
  const { node } = jobs[0]?.strategy.matrix ?? { node: [] };
  expect(node[0]).toBe(engines.node.replace('>=', ''));
  expect(node.at(-1)).toBe((await read('.nvmrc')).trim());
  expect(jobs[0]?.container).toBe('node:${{ matrix.node }}-bookworm');
});

it('may only read', () => {
  expect(workflow.permissions).toEqual({ contents: 'read' });
});
