/** The context of a command, besides its own arguments and options. */
import type { ApiClient } from './apiClient.js';
import type { TimeSource } from './clock.js';
import type { Output, OutputStream } from './output.js';

/** The environment and the streams of the process, or of a test. */
export interface Surroundings {
  environment: NodeJS.ProcessEnv;
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  stdout: OutputStream;
  stderr: OutputStream;
  /** By default the system's. */
  time?: TimeSource;
}

export interface CommandContext {
  readonly environment: NodeJS.ProcessEnv;
  readonly stdin: Surroundings['stdin'];
  readonly output: Output;
  /** @throws UsageError if the configured address is not valid */
  readonly api: () => ApiClient;
}
