/** A call of a platform's API, from its request to its answer; each platform's folder makes such calls of requests. */
import type { IncomingMessage } from 'node:http';
import type { RateLimiter } from './limits.js';
import type { Places } from './places.js';
import type { SandboxPlatform, SandboxPost, PostStore } from './posts.js';

/** What the platform answers. */
export interface Answer {
  status: number;
  headers?: Record<string, string>;
  /** Sent as JSON; nothing is sent when undefined. */
  body?: unknown;
  /** The platform's error code, for the request log. */
  error?: string;
  /** What the call made visible. */
  post?: SandboxPost;
}

/** A request, understood. */
export interface PlatformCall {
  operation: string;
  path: string | undefined;
  /** Whether it would make a post. */
  posts: boolean;
  /** Does it, at once and wholly. */
  execute(): Answer;
}

/** How a platform words the failures that faults ask for. */
export interface Wording {
  rateLimited(retryAfter: string | undefined): Answer;
  revokedToken(): Answer;
  httpError(status: number): Answer;
}

export interface PlatformRequest {
  request: IncomingMessage;
  url: URL;
  body: Buffer;
}

/** What a platform works on. */
export interface Surroundings {
  posts: PostStore;
  places: Places;
  /** Undefined where no limits hold. */
  limiter: RateLimiter | undefined;
}

/** One of the platforms, as far as the sandbox plays it. */
export interface PlayedPlatform {
  readonly platform: SandboxPlatform;
  readonly wording: Wording;
  /** Understands a request. Never throws on what a client sends: what can't be understood executes to an error. */
  interpret(request: PlatformRequest): PlatformCall;
}
