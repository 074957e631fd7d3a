/** A call of a platform's API, from its request to its answer. Each platform's folder parses requests into calls. */
import type { IncomingMessage } from 'node:http';
import type { RateLimiter } from './limits.js';
import type { Places } from './places.js';
import type { SandboxPlatform } from './platforms.js';
import type { SandboxPost, PostStore } from './posts.js';

/** What the platform answers. */
export interface Answer {
  status: number;
  headers?: Record<string, string>;
  /** Sent as JSON; nothing is sent when undefined. */
  body?: unknown;
  /** Sent as it is, in place of a body. */
  text?: string;
  /** The platform's error code, for the request log. */
  error?: string;
  /** The post that the call made visible. */
  post?: SandboxPost;
}

/** A parsed request. */
export interface PlatformCall {
  operation: string;
  path: string | undefined;
  /** Whether it would make a post. */
  posts: boolean;
  /** Executes the call, synchronously and completely. */
  execute(): Answer;
}

/** The platform's answers to the failures that faults simulate. */
export interface ErrorAnswers {
  rateLimited(retryAfter: string | undefined): Answer;
  revokedToken(): Answer;
  httpError(status: number): Answer;
  /** An error of the platform's own form. Absent where a fault of its own kind makes it. */
  error?(status: number, code: string): Answer;
}

export interface PlatformRequest {
  request: IncomingMessage;
  url: URL;
  body: Buffer;
}

/** What the simulated platforms share. */
export interface SandboxState {
  posts: PostStore;
  places: Places;
  /** Undefined where rate limits are off. */
  limiter: RateLimiter | undefined;
}

/** One of the platforms, as far as the sandbox simulates it. */
export interface SimulatedPlatform {
  readonly platform: SandboxPlatform;
  readonly errorAnswers: ErrorAnswers;
  /** Restores the initial state. Absent where it has none of its own. */
  reset?(): void;
  /** Never throws on what a client sends: a malformed request becomes a call whose execution answers an error. */
  parseRequest(request: PlatformRequest): PlatformCall;
}
