/** What a command is given, besides its own arguments and options. */
import type { ApiClient } from './apiClient.js';
import type { Output, OutputStream } from './output.js';

/** The process's surroundings, or a test's. */
export interface Surroundings {
  environment: NodeJS.ProcessEnv;
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  stdout: OutputStream;
  stderr: OutputStream;
}

export interface CommandContext {
  readonly environment: NodeJS.ProcessEnv;
  readonly stdin: Surroundings['stdin'];
  readonly output: Output;
  /** @throws UsageError where the configured address is none */
  readonly api: () => ApiClient;
}
