/** Before all tests: the build, which some start as processes, and one Temporal server in memory that they share. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { pino, type Logger } from 'pino';
import type { TestProject } from 'vitest/node';
import { findTemporalCli } from '../src/embedded/temporalCli.js';
import { startDevServer } from '../src/embedded/devServer.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** `host:port` of the shared server. Keep apart by task queue, keys and destinations, or by a namespace of your own. */
    temporalAddress: string;
    /** The `temporal` command, for a server of one's own. */
    temporalCliPath: string;
    /** The bundled workflow code, for a worker. */
    workflowBundle: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { cliPath, log } = await prepare(project);
  const server = await startDevServer({ cliPath, port: 0, namespace: 'default', log });
  project.provide('temporalAddress', server.address);
  return () => server.stop();
}

/** Provides all but the server. */
export async function prepare(project: TestProject): Promise<{ cliPath: string; log: Logger }> {
  const log = pino({ level: 'info', name: 'test' }, process.stderr);
  build();
  const { path } = await findTemporalCli({ environment: process.env, log });
  project.provide('temporalCliPath', path);
  project.provide('workflowBundle', resolve('dist/workflow-bundle.js'));
  return { cliPath: path, log };
}

/** Without the types, which are `npm run check`'s matter: a test of one part runs while another is being written. */
function build(): void {
  const { status } = spawnSync('npm', ['run', '--silent', 'compile'], { stdio: 'inherit' });
  if (status !== 0) throw new Error('npm run compile failed: see above');
}
