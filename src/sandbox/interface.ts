import type { PostFilter, SandboxPost } from './posts.js';
import type { RequestFilter, SandboxRequest } from './requests.js';
import type { FaultInput, ActiveFault } from './faults.js';
import type { PlaceInput } from './places.js';

export interface SandboxOptions {
  /** 0, the default: any that is free. */
  port?: number;
  /** Beyond loopback the sandbox is anybody's: it has no authentication worth the name. Default 127.0.0.1. */
  host?: string;
  /**
   * A JSON Lines file that posts are kept in, so that they outlive the process, killed or not. Each is written before the
   * platform's answer is sent.
   */
  file?: string;
  /** Whether the platforms' own rate limits hold. Default `platform`. */
  limits?: 'platform' | 'off';
  /** Whether every well-formed channel, chat and webhook exists, not only those seeded or created. Default false. */
  openDestinations?: boolean;
}

export interface Sandbox {
  /** Without a slash at the end. */
  readonly url: string;
  /** For the `slackApiUrl` of Slack's SDK. */
  readonly slackApiUrl: string;
  /** For the `baseUrl` of Graph's SDK, which adds `/v1.0`. */
  readonly graphBaseUrl: string;
  /** For the `apiUrl` of a PagerDuty account. */
  readonly pagerDutyApiUrl: string;
  readonly slackToken: string;
  readonly graphToken: string;
  readonly pagerDutyToken: string;
  /** What the sandbox's sign-in takes for new Graph tokens. */
  readonly graphRefreshToken: string;
  webhookUrl(name: string): string;

  /** What people see, in the order in which it was posted. */
  posts(where?: PostFilter): SandboxPost[];
  /** Resolves with the posts once there are at least `count`; rejects with what there was after `timeoutMs`. */
  waitForPosts(count: number, where: PostFilter, timeoutMs: number): Promise<SandboxPost[]>;
  /** What was asked, in the order in which it came. */
  requests(where?: RequestFilter): SandboxRequest[];

  /** Sets a fault; of those that meet a call, the one set first strikes. Returns its id. */
  addFault(fault: FaultInput): string;
  faults(): ActiveFault[];
  /** Takes a fault away, and answers what it held; false when there is none of this id. */
  removeFault(id: string): boolean;
  clearFaults(): void;

  /** Creates or changes a channel, chat or webhook. */
  addPlace(place: PlaceInput): void;
  /** What the Slack token may do from now on, as `['chat:write']`. */
  grantSlackScopes(scopes: readonly string[]): void;
  /** What the Graph user has consented to from now on, as `['ChannelMessage.Send']`. */
  grantGraphPermissions(permissions: readonly string[]): void;

  /** As it began: no posts, requests, faults; the seeded places and all permissions. */
  reset(): void;
  /** Ends it at once, along with every connection. Posts in a file stay there. */
  close(): Promise<void>;
}
