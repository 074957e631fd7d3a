/** The contract between sendproof and a chat platform. Each platform's folder implements it; `registry.ts` lists them. */
import type { z } from 'zod';
import type { AccountLimits, AccountPolicy } from './accountPolicy.js';
import type { Receipt, SearchPosition, Shortening } from '../domain/delivery.js';
import type { Content, Correlation } from '../domain/message.js';
import type { MentionKind } from '../domain/mentions.js';
import type { MessagePage } from '../domain/messagePage.js';

/** What an adapter shows. */
export interface Show {
  content: Content;
  correlation?: Correlation | undefined;
  /** Where people read the whole message, if the destination shows only the beginning. */
  page: MessagePage;
  /** Whether a text that is too long for one post is shown in several, or only its beginning. */
  inParts: 'as configured' | 'always' | 'never';
}

/** How a message is shown. */
export interface Layout {
  /** The number of posts, from 1. */
  parts: number;
  /** Set where only the beginning of the text is shown. */
  shortened?: Shortening | undefined;
}

/** One of several posts that show a message. */
export interface Part {
  /** From 1. */
  number: number;
  of: number;
  /** The receipt of the first part, in whose thread the others are posted. Undefined for the first. */
  first: Receipt | undefined;
}

/** What a platform can do with a post, beside making it. */
export interface Capabilities {
  /** A post can be searched for by its delivery id: the adapter has `find`. */
  search: boolean;
  /** The content of a post can be replaced: the adapter has `edit`. */
  edit: boolean;
  /** A post can answer in the thread of another: `post` and `find` take `replyTo`. */
  thread: boolean;
  /**
   * The platform makes one post of all requests with one delivery id. No attempt is ambiguous then, and nothing is searched
   * for: the request is repeated.
   */
  ownIdempotency: boolean;
  /** Whom a message can mention, where the account allows it. */
  mentions: readonly MentionKind[];
  /** What a destination may name instead of its id: a channel as `#ops`, a person as `@ana@example.com`. */
  names: readonly ('channel' | 'person')[];
  /** About how much text one post shows, and in how many posts a longer text is shown. */
  length: { limit: number; unit: 'characters' | 'bytes'; posts: number };
}

/** What an adapter posts. */
export interface Post extends Show {
  /**
   * Identifies this delivery across all attempts and workers. The adapter puts it where `find` finds it and readers don't see
   * it: in Slack's message metadata, in a marker in a Teams message.
   */
  deliveryId: string;
  /** The destination's path below its account, as `C0123ABC` of `slack:default/C0123ABC`. */
  path: string;
  /** 32 hex digits; part of the post's metadata where the platform has metadata. */
  traceId: string;
  /** Which post, of a message whose layout has several. Without it, one post shows the message. */
  part?: Part | undefined;
  /** The post in whose thread this one answers. Where the path has no threads, this one is an ordinary post. */
  replyTo?: Receipt | undefined;
  /** Whether an answer in a thread is shown in the channel, too, where the platform can do that. */
  broadcast?: boolean | undefined;
}

/** New content for a post that was made earlier. It is shown in one post, whatever `inParts` says, shortened where it is too long. */
export interface Edit extends Show {
  /** Of the delivery that made the post, not of the edit: a search for that delivery must find the edited post, too. */
  deliveryId: string;
  path: string;
  traceId: string;
  /** The receipt of the post. Of a message in several posts, the first one is edited. */
  post: Receipt;
}

/** Which post an adapter searches for. */
export interface PostQuery {
  path: string;
  deliveryId: string;
  /** The post was made at or after this time. */
  since: Date;
  part?: Part | undefined;
  /** The post in whose thread it is searched for. */
  replyTo?: Receipt | undefined;
  /** The post was made before this time; undefined where it may have been made just now. */
  until?: Date | undefined;
  /** Where a search of the same post, that an earlier attempt did not finish, continues. */
  continueAt?: SearchPosition | undefined;
  /** Is called after each page with the place where the search would continue. */
  savePosition?: ((position: SearchPosition) => void) | undefined;
}

/**
 * One account on one platform. Adapters know nothing of Temporal, never retry by themselves, and reject only with
 * `DeliveryError`.
 */
export interface DestinationAdapter {
  /**
   * Set where the platform makes one post of all requests with one delivery id, as the account's capability `ownIdempotency`
   * says: `post` is then repeated without a search, as often as its retry profile has attempts.
   */
  readonly ownIdempotency?: boolean;

  /** How the account shows a message. Sends nothing. */
  layout(message: Show): Layout;

  /**
   * Makes exactly one posting request and resolves with the platform's proof. A second one is allowed where the platform
   * documents that its answer to the first means that nothing was posted, as when Slack refuses blocks. Where the post of
   * `replyTo` is gone, it rejects with the reason `post_not_found`, or the receipt says `standsAlone`, as the platform has it.
   */
  post(post: Post): Promise<Receipt>;

  /**
   * Searches for the post of this delivery id, no further back than `since` (minus an allowance for skewed clocks). Resolves
   * with undefined when the post certainly isn't there. Rejects with a `permanent` DeliveryError where the account may not
   * search. Absent on platforms that can't be searched.
   */
  find?(query: PostQuery): Promise<Receipt | undefined>;

  /**
   * Replaces the content of a post, by one request, and resolves with the receipt of the post, which says how much of the new
   * content is shown. The edit of an edit that was made already changes nothing, so an ambiguous one is repeated. Rejects with
   * the reason `post_not_found` where the post is gone, and with `edit_refused` where this post can't be edited any more.
   * Platforms limit edits apart from posts, so `rate_limited` says nothing of how fast the account may post. Absent on platforms
   * without edits.
   */
  edit?(edit: Edit): Promise<Receipt>;

  /** Asks the platform whether the account's credentials work, without posting. Resolves with their owner. */
  check(): Promise<{ identity: string }>;
}

/** One chat platform: its accounts, destinations and limits, and how an adapter for an account is made. */
export interface Platform<Account extends AccountPolicy = AccountPolicy> {
  /** The part of a destination before the colon. */
  readonly name: string;
  /** The form of a whole destination, for error messages and documentation. */
  readonly destinationForm: string;
  /** What its posts can do: of this account and path where they are given, else of the most capable ones. */
  capabilities(account: Account | undefined, path?: string): Capabilities;
  /** The kinds of places whose capabilities differ, each with a path as an example. Absent where all are alike. */
  readonly kindsOfPlaces?: Readonly<Record<string, string>>;
  /** The default limits of an account, with a link to the platform's documentation. */
  readonly limits: AccountLimits;
  /**
   * What the credentials belong to. `account`: all its destinations share them, and `check` verifies them. `destination`: each
   * destination has its own, as a webhook's URL, and `check` can't verify them.
   */
  readonly credentials: 'account' | 'destination';
  /** Parses one account of `sendproof.yaml`; spreads `accountPolicyFields`. */
  readonly accountSchema: z.ZodType<Account>;
  /**
   * The account `default` as the environment alone configures it, in the form that `accountSchema` parses; undefined
   * when the environment configures none.
   */
  accountFromEnvironment(environment: NodeJS.ProcessEnv): unknown;
  /** Adds the defaults that depend on the account's name or on the data directory. Absent where there are none. */
  withDefaults?(account: Account, place: { name: string; dataDirectory: string }): Account;
  /**
   * A regular expression, without anchors, whose every text is a path that an account may have: of this account where one is
   * given. For the OpenAPI document.
   */
  pathPattern(account: Account | undefined): string;
  /**
   * Whether the platform has such people or groups to mention, by their ids, at this path. Absent where it can mention nobody.
   */
  canMention?(kind: MentionKind, name: string, path: string): boolean;
  /** Undefined when this account could post to the path; otherwise what is wrong and the remedy. */
  checkPath(path: string, account: Account): string | undefined;
  /** Throws a ConfigurationError when the account's secrets can't be read. */
  createAdapter(account: Account): DestinationAdapter;
}
