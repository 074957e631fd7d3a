import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll } from 'vitest';

/**
 * Serves HTTP in place of the API for the tests of a file.
 *
 * @returns the environment of commands that are to ask it; empty until the first test begins
 */
export function answerCommands(answer: RequestListener): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {};
  const server = createServer(answer);
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    environment.SENDPROOF_URL = `http://127.0.0.1:${port}`;
  });
  afterAll(() => void server.close());
  return environment;
}
