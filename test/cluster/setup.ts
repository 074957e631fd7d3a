/** Before the proofs on the full server: as `test/server.ts`, with that server instead of the embedded one. */
import type { TestProject } from 'vitest/node';
import { prepare } from '../server.js';
import { startFullServer } from './fullServer.js';
import type { DatabaseAccess } from './postgres.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the shared server. */
    database: DatabaseAccess;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { cliPath } = await prepare(project);
  const server = await startFullServer(cliPath);
  project.provide('temporalAddress', server.address);
  const { password, port } = server.database;
  project.provide('database', { password, port });
  return () => server.close();
}
