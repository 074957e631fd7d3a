/**
 * The chat platforms and as much of PagerDuty as acknowledgements need, on this machine, for the platforms’ real SDKs to talk to: to try
 * sendproof, to test it, to measure it.
 */
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import type { SimulatedPlatform } from './call.js';
import { createControl } from './control.js';
import { isDiscordPath, simulateDiscord } from './discord/discord.js';
import { Exchange } from './exchange.js';
import { FaultPlan, type ActiveFault, type FaultInput } from './faults.js';
import { GraphCredentials, GRAPH_REFRESH_TOKEN, GRAPH_TOKEN } from './graph/credentials.js';
import { GRAPH_PREFIX, simulateGraph } from './graph/graph.js';
import { isSignInPath, simulateSignIn } from './graph/signIn.js';
import { ChatCredentials, CHAT_WEBHOOK_KEY, CHAT_WEBHOOK_TOKEN } from './googleChat/credentials.js';
import { CHAT_PREFIX, simulateGoogleChat } from './googleChat/googleChat.js';
import { simulateTokenService, TOKEN_PATH } from './googleChat/tokenService.js';
import { isMattermostPath, simulateMattermost } from './mattermost/mattermost.js';
import { RateLimiter } from './limits.js';
import { PAGERDUTY_PREFIX, PAGERDUTY_TOKEN, simulatePagerDuty } from './pagerduty/pagerduty.js';
import type { PageContent } from './page/page.js';
import { pageRoutes } from './page/routes.js';
import { Places, type PlaceInput } from './places.js';
import { postAsPerson, type PersonsPost } from './person.js';
import { PostStore, type PostAddress, type PostFilter, type SandboxPost } from './posts.js';
import { RECEIVER_PREFIX, RECEIVER_SECRET, simulateReceivers } from './receiver/receiver.js';
import { RequestLog, type RequestFilter, type SandboxRequest } from './requests.js';
import {
  SLACK_CLIENT_ID,
  SLACK_CLIENT_SECRET,
  SLACK_REFRESH_TOKEN,
  SLACK_TOKEN,
  SlackCredentials,
} from './slack/credentials.js';
import { People, type PersonInput } from './slack/people.js';
import { simulateSlack, SLACK_PREFIX } from './slack/slack.js';
import { simulateWebhooks, WEBHOOK_PREFIX, WEBHOOK_SIGNATURE } from './webhook/webhook.js';
import { isLoopback, LOOPBACK } from '../lib/ports.js';
import type { SandboxOptions, Sandbox } from './interface.js';

export type { Sandbox, SandboxOptions } from './interface.js';
export type { ActiveFault, FaultInput, FaultKind } from './faults.js';
export type { PlaceInput } from './places.js';
export type { SandboxPlatform } from './platforms.js';
export type { PostFilter, SandboxPost } from './posts.js';
export type { RequestFilter, SandboxRequest } from './requests.js';

/** @throws Error when the port is taken, or the file can't be used */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = new RunningSandbox(options);
  await sandbox.listen(options.port ?? 0, options.host ?? LOOPBACK);
  return sandbox;
}

class RunningSandbox implements Sandbox {
  readonly slackToken = SLACK_TOKEN;
  readonly slackRotation = {
    clientId: SLACK_CLIENT_ID,
    clientSecret: SLACK_CLIENT_SECRET,
    refreshToken: SLACK_REFRESH_TOKEN,
  };
  readonly graphToken = GRAPH_TOKEN;
  readonly pagerDutyToken = PAGERDUTY_TOKEN;
  readonly graphRefreshToken = GRAPH_REFRESH_TOKEN;
  readonly receiverSecret = RECEIVER_SECRET;

  /** Emitted whenever something visible has changed. */
  readonly #changes = new EventEmitter<{ changed: [] }>().setMaxListeners(0);
  readonly #posts: PostStore;
  readonly #requests = new RequestLog();
  readonly #faults: FaultPlan;
  readonly #places: Places;
  readonly #limiter: RateLimiter | undefined;
  readonly #slack = new SlackCredentials();
  readonly #graph = new GraphCredentials();
  readonly #workspace = { editWindowMs: Infinity, people: new People() };
  readonly #policy = { editSentMessages: true };
  readonly #chat = new ChatCredentials();
  readonly #exchanges: {
    serves: (path: string) => boolean;
    simulated: SimulatedPlatform;
    exchange: Exchange;
  }[];
  readonly #control: Express;
  readonly #server: Server;
  #url = '';

  constructor({
    allowedHosts = [],
    file,
    host = LOOPBACK,
    limits = 'platform',
    openDestinations = false,
  }: SandboxOptions) {
    const onChange = (): boolean => this.#changes.emit('changed');
    this.#posts = new PostStore(file, onChange);
    this.#faults = new FaultPlan(onChange);
    this.#places = new Places(openDestinations);
    this.#limiter = limits === 'platform' ? new RateLimiter() : undefined;
    const state = { posts: this.#posts, places: this.#places, limiter: this.#limiter };
    this.#exchanges = [
      { serves: below(CHAT_PREFIX), simulated: simulateGoogleChat(state, this.#chat) },
      {
        serves: (path: string) => path === TOKEN_PATH,
        simulated: simulateTokenService(this.#chat),
      },
      // Before Slack, whose paths begin alike, as those of Discord and Mattermost do.
      { serves: isMattermostPath, simulated: simulateMattermost(state) },
      { serves: isDiscordPath, simulated: simulateDiscord(state) },
      {
        serves: below(SLACK_PREFIX),
        simulated: simulateSlack(state, this.#slack, this.#workspace),
      },
      { serves: below(GRAPH_PREFIX), simulated: simulateGraph(state, this.#graph, this.#policy) },
      { serves: below(WEBHOOK_PREFIX), simulated: simulateWebhooks(state) },
      { serves: below(RECEIVER_PREFIX), simulated: simulateReceivers(state) },
      { serves: below(PAGERDUTY_PREFIX), simulated: simulatePagerDuty(state) },
      { serves: isSignInPath, simulated: simulateSignIn(this.#graph) },
    ].map(({ serves, simulated }) => ({
      serves,
      simulated,
      exchange: new Exchange(simulated, this.#faults, this.#requests),
    }));
    const content = (): PageContent => ({
      places: this.#places.list(),
      faults: this.#faults.list(),
      postsOf: ({ platform, path }) => this.#posts.of(platform, path),
    });
    this.#control = createControl(
      this,
      pageRoutes(content, this.#changes, {
        addFault: (fault) => this.addFault(fault),
        removeFault: (id) => this.removeFault(id),
        clearFaults: () => this.clearFaults(),
      }),
      isLoopback(host) ? allowedHosts : undefined,
    );
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

  get googleChatApiUrl(): string {
    return this.#url;
  }

  get googleServiceAccount(): string {
    return this.#chat.serviceAccountKey(this.#url + TOKEN_PATH);
  }

  googleChatWebhookUrl(space: string): string {
    const query = new URLSearchParams({ key: CHAT_WEBHOOK_KEY, token: CHAT_WEBHOOK_TOKEN });
    return `${this.#url}${CHAT_PREFIX}/${encodeURIComponent(space)}/messages?${query.toString()}`;
  }

  webhookUrl(name: string): string {
    return `${this.#url}${WEBHOOK_PREFIX}${encodeURIComponent(name)}?sig=${WEBHOOK_SIGNATURE}`;
  }

  receiverUrl(name: string): string {
    return `${this.#url}${RECEIVER_PREFIX}${encodeURIComponent(name)}`;
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

  deletePost({ id, path, platform }: PostAddress): boolean {
    const post = this.#posts.find(platform, path, id);
    if (!post || post.deletedAt !== undefined) return false;
    this.#posts.remove(post);
    return true;
  }

  postAsPerson(post: PersonsPost): SandboxPost {
    return postAsPerson(this.#posts, this.#places, post);
  }

  setSlackEditWindow(milliseconds: number): void {
    this.#workspace.editWindowMs = milliseconds;
  }

  allowTeamsEditing(isAllowed: boolean): void {
    this.#policy.editSentMessages = isAllowed;
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

  addPerson(person: PersonInput): void {
    this.#workspace.people.put(person);
  }

  grantSlackScopes(scopes: readonly string[]): void {
    this.#slack.grant(scopes);
  }

  expireSlackTokens(): void {
    this.#slack.expire();
  }

  expireGoogleTokens(): void {
    this.#chat.expire();
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
    for (const { simulated } of this.#exchanges) simulated.reset?.();
    this.#slack.reset();
    this.#graph.reset();
    this.setSlackEditWindow(Infinity);
    this.#workspace.people.reset();
    this.allowTeamsEditing(true);
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
