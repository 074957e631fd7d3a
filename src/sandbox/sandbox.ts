/**
 * A local Slack and Teams, and as much of PagerDuty as acknowledgements need, for the platforms' real SDKs to talk to: to try
 * sendproof, to test it, to measure it.
 */
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { createControl } from './control.js';
import { Exchange } from './exchange.js';
import { FaultPlan, type ActiveFault, type FaultInput } from './faults.js';
import { GraphCredentials, GRAPH_REFRESH_TOKEN, GRAPH_TOKEN } from './graph/credentials.js';
import { GRAPH_PREFIX, playGraph } from './graph/graph.js';
import { isSignInPath, playSignIn } from './graph/signIn.js';
import { RateLimiter } from './limits.js';
import { PAGERDUTY_PREFIX, PAGERDUTY_TOKEN, playPagerDuty } from './pagerduty/pagerduty.js';
import type { PageContent } from './page/page.js';
import { pageRoutes } from './page/routes.js';
import { Places, type PlaceInput } from './places.js';
import { PostStore, type PostFilter, type SandboxPost } from './posts.js';
import { RequestLog, type RequestFilter, type SandboxRequest } from './requests.js';
import { SlackCredentials, SLACK_TOKEN } from './slack/credentials.js';
import { playSlack, SLACK_PREFIX } from './slack/slack.js';
import { playWebhooks, WEBHOOK_PREFIX, WEBHOOK_SIGNATURE } from './webhook/webhook.js';

export type { ActiveFault, FaultInput, FaultKind } from './faults.js';
export type { PlaceInput } from './places.js';
export type { PostFilter, SandboxPlatform, SandboxPost } from './posts.js';
export type { RequestFilter, SandboxRequest } from './requests.js';

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

/** @throws Error when the port is taken, or the file can't be used */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = new RunningSandbox(options);
  await sandbox.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  return sandbox;
}

class RunningSandbox implements Sandbox {
  readonly slackToken = SLACK_TOKEN;
  readonly graphToken = GRAPH_TOKEN;
  readonly pagerDutyToken = PAGERDUTY_TOKEN;
  readonly graphRefreshToken = GRAPH_REFRESH_TOKEN;

  /** Emitted whenever something that people see is another. */
  readonly #changes = new EventEmitter<{ changed: [] }>().setMaxListeners(0);
  readonly #posts: PostStore;
  readonly #requests = new RequestLog();
  readonly #faults: FaultPlan;
  readonly #places: Places;
  readonly #limiter: RateLimiter | undefined;
  readonly #slack = new SlackCredentials();
  readonly #graph = new GraphCredentials();
  readonly #exchanges: { serves: (path: string) => boolean; exchange: Exchange }[];
  readonly #control: Express;
  readonly #server: Server;
  #url = '';

  constructor({ file, limits = 'platform', openDestinations = false }: SandboxOptions) {
    const onChange = (): boolean => this.#changes.emit('changed');
    this.#posts = new PostStore(file, onChange);
    this.#faults = new FaultPlan(onChange);
    this.#places = new Places(openDestinations);
    this.#limiter = limits === 'platform' ? new RateLimiter() : undefined;
    const surroundings = { posts: this.#posts, places: this.#places, limiter: this.#limiter };
    this.#exchanges = [
      { serves: below(SLACK_PREFIX), played: playSlack(surroundings, this.#slack) },
      { serves: below(GRAPH_PREFIX), played: playGraph(surroundings, this.#graph) },
      { serves: below(WEBHOOK_PREFIX), played: playWebhooks(surroundings) },
      { serves: below(PAGERDUTY_PREFIX), played: playPagerDuty(surroundings) },
      { serves: isSignInPath, played: playSignIn(this.#graph) },
    ].map(({ serves, played }) => ({
      serves,
      exchange: new Exchange(played, this.#faults, this.#requests),
    }));
    const content = (): PageContent => ({
      places: this.#places.list(),
      faults: this.#faults.list(),
      postsOf: ({ platform, path }) => this.#posts.of(platform, path),
    });
    this.#control = createControl(this, pageRoutes(content, this.#changes));
    this.#server = createServer((request, response) => this.#handle(request, response));
  }

  get url(): string {
    return this.#url;
  }

  get slackApiUrl(): string {
    return `${this.#url}${SLACK_PREFIX}`;
  }

  get graphBaseUrl(): string {
    return this.#url;
  }

  get pagerDutyApiUrl(): string {
    return this.#url;
  }

  webhookUrl(name: string): string {
    return `${this.#url}${WEBHOOK_PREFIX}${encodeURIComponent(name)}?sig=${WEBHOOK_SIGNATURE}`;
  }

  async listen(port: number, host: string): Promise<void> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    const { port: bound } = this.#server.address() as AddressInfo;
    const name = host.includes(':') ? `[${host}]` : host;
    this.#url = `http://${name}:${bound}`;
  }

  posts(where?: PostFilter): SandboxPost[] {
    return this.#posts.select(where);
  }

  async waitForPosts(count: number, where: PostFilter, timeoutMs: number): Promise<SandboxPost[]> {
    const late = AbortSignal.timeout(timeoutMs);
    for (;;) {
      const posts = this.posts(where);
      if (posts.length >= count) return posts;
      try {
        await once(this.#changes, 'changed', { signal: late });
      } catch {
        throw new Error(
          `After ${timeoutMs} ms the sandbox shows ${posts.length} posts ${describe(where)}, not ${count}.`,
        );
      }
    }
  }

  requests(where?: RequestFilter): SandboxRequest[] {
    return this.#requests.select(where);
  }

  addFault(fault: FaultInput): string {
    return this.#faults.add(fault);
  }

  faults(): ActiveFault[] {
    return this.#faults.list();
  }

  removeFault(id: string): boolean {
    return this.#faults.remove(id);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  addPlace(place: PlaceInput): void {
    this.#places.put(place);
    this.#changes.emit('changed');
  }

  grantSlackScopes(scopes: readonly string[]): void {
    this.#slack.grant(scopes);
  }

  grantGraphPermissions(permissions: readonly string[]): void {
    this.#graph.grant(permissions);
  }

  reset(): void {
    this.#faults.clear();
    this.#posts.clear();
    this.#requests.clear();
    this.#places.reset();
    this.#limiter?.clear();
    this.#slack.reset();
    this.#graph.reset();
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
    this.#posts.close();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const [path = ''] = (request.url ?? '/').split('?', 1);
    const found = this.#exchanges.find(({ serves }) => serves(path));
    if (found) void found.exchange.handle(request, response);
    else this.#control(request, response);
  }
}

function below(prefix: string): (path: string) => boolean {
  return (path) => path.startsWith(prefix);
}

function describe({ platform, path }: PostFilter): string {
  return [platform, path].filter((part) => part !== undefined).join(' ') || 'anywhere';
}
