import type { PersonsPost } from './person.js';
import type { PostAddress, PostFilter, SandboxPost } from './posts.js';
import type { RequestFilter, SandboxRequest } from './requests.js';
import type { FaultInput, ActiveFault } from './faults.js';
import type { PlaceInput } from './places.js';
import type { PersonInput } from './slack/people.js';

/** Where it listens if nothing else is said: a port of its own, beside the API's. */
export const DEFAULT_SANDBOX_PORT = 4010;

export interface SandboxOptions {
  /** 0, the default: any free port. */
  port?: number;
  /** Default 127.0.0.1. On other addresses anybody can use the sandbox: it has no real authentication. */
  host?: string;
  /** Names under which programs and people reach its page and its control, besides localhost. Any name counts on other addresses. */
  allowedHosts?: readonly string[];
  /**
   * A JSON Lines file that keeps the posts when the process ends, even if it is killed. Each post is written before the
   * platform's answer is sent.
   */
  file?: string;
  /** Whether the platforms' rate limits are enforced. Default `platform`. */
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
  /** For the `apiUrl` of a Google Chat account. */
  readonly googleChatApiUrl: string;
  /** The key file of the service account that the sandbox's Google Chat accepts, with the sandbox as its token service. */
  readonly googleServiceAccount: string;
  readonly slackToken: string;
  /** The app with token rotation. Its refresh token can be used once; after that, the one that it was exchanged for. */
  readonly slackRotation: { clientId: string; clientSecret: string; refreshToken: string };
  readonly graphToken: string;
  readonly pagerDutyToken: string;
  /** The refresh token that the sandbox's sign-in accepts for new Graph tokens. */
  readonly graphRefreshToken: string;
  /** What the sandbox’s receivers of webhooks verify signatures with. */
  readonly receiverSecret: string;
  webhookUrl(name: string): string;
  /** The URL of a receiver of signed webhooks. */
  receiverUrl(name: string): string;
  /** The URL of a webhook of a Google Chat space, with its key and token. */
  googleChatWebhookUrl(space: string): string;

  /** The visible posts, oldest first. */
  posts(where?: PostFilter): SandboxPost[];
  /** Resolves with the posts once there are at least `count`. Rejects after `timeoutMs`. */
  waitForPosts(count: number, where: PostFilter, timeoutMs: number): Promise<SandboxPost[]>;
  /** The requests, oldest first. */
  requests(where?: RequestFilter): SandboxRequest[];

  /** Sets a fault and returns its id. Where several faults match a call, the one set first applies. */
  addFault(fault: FaultInput): string;
  faults(): ActiveFault[];
  /** Removes a fault, and releases the answers that it held. False when there is no fault of this id. */
  removeFault(id: string): boolean;
  clearFaults(): void;

  /** Deletes a post, as a person does. False where there is none. */
  deletePost(post: PostAddress): boolean;
  /** Posts as a person, whose posts the account can't edit. Throws where there is no such place. */
  postAsPerson(post: PersonsPost): SandboxPost;
  /** Sets how long after it was posted a message of Slack can be edited, in milliseconds; Infinity for ever. */
  setSlackEditWindow(milliseconds: number): void;
  /** Sets whether the messaging policy of Teams allows edits. */
  allowTeamsEditing(isAllowed: boolean): void;

  /** Creates or changes a channel, chat or webhook. */
  addPlace(place: PlaceInput): void;
  /** Creates or changes a person of the Slack workspace. */
  addPerson(person: PersonInput): void;
  /** Sets the scopes of the Slack token, as `['chat:write']`. */
  grantSlackScopes(scopes: readonly string[]): void;
  /** Lets the access tokens of the app with token rotation expire now. */
  expireSlackTokens(): void;
  /** Lets all access tokens of the service account expire now. */
  expireGoogleTokens(): void;
  /** Sets the permissions that the Graph user has consented to, as `['ChannelMessage.Send']`. */
  grantGraphPermissions(permissions: readonly string[]): void;

  /** Restores the initial state: no posts, requests or faults; the seeded places and all permissions. */
  reset(): void;
  /** Stops the sandbox and closes every connection. Posts in a file stay there. */
  close(): Promise<void>;
}
