/** The log of the platforms' requests and answers. */
import type { FaultKind } from './faults.js';
import type { SandboxPlatform } from './platforms.js';

/** One call of a platform's API. Never holds content or credentials. */
export interface SandboxRequest {
  /** When it arrived, in milliseconds since the epoch. */
  at: number;
  platform: SandboxPlatform;
  /** HTTP method. */
  method: string;
  /** Slack's method name, or the sandbox's name of a Graph or webhook operation, as `postChannelMessage`. */
  operation: string;
  /** The channel, as in a destination; absent on calls that concern none. */
  path?: string;
  /** HTTP status of the answer; absent while it is held back, and where no answer is sent. */
  status?: number;
  /** The platform's error code in the answer. */
  error?: string;
  /** The fault that was applied. */
  fault?: FaultKind;
  /** The post that the call made visible, whether or not the client got the answer. */
  postId?: string;
}

export interface RequestFilter {
  platform?: SandboxPlatform | undefined;
  path?: string | undefined;
  operation?: string | undefined;
}

/** The oldest are dropped beyond this, so that a sandbox that is left running doesn't grow without bound. */
const REQUESTS_KEPT = 100_000;

export class RequestLog {
  #requests: SandboxRequest[] = [];

  /** Adds the request; the caller completes the entry as it is answered. */
  begin(request: SandboxRequest): SandboxRequest {
    if (this.#requests.length >= 2 * REQUESTS_KEPT) {
      this.#requests = this.#requests.slice(-REQUESTS_KEPT);
    }
    this.#requests.push(request);
    return request;
  }

  /** Oldest first. */
  select({ platform, path, operation }: RequestFilter = {}): SandboxRequest[] {
    return this.#requests
      .filter(
        (request) =>
          (platform === undefined || request.platform === platform) &&
          (path === undefined || request.path === path) &&
          (operation === undefined || request.operation === operation),
      )
      .map((request) => ({ ...request }));
  }

  clear(): void {
    this.#requests = [];
  }
}
