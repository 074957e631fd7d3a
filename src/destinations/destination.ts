/** The contract between sendproof and a chat platform. One folder per platform implements it; `registry.ts` lists them. */
import type { z } from 'zod';
import type { AccountLimits, AccountPolicy } from './accountPolicy.js';
import type { Receipt } from '../domain/delivery.js';
import type { Content, Correlation } from '../domain/message.js';

/** What an adapter is asked to show. */
export interface Post {
  /**
   * Identifies this delivery for ever, across attempts and workers. The adapter puts it where readers don't see it and
   * `find` does: Slack message metadata, a marker in a Teams message.
   */
  deliveryId: string;
  /** The destination's path below its account, as `C0123ABC` of `slack:default/C0123ABC`. */
  path: string;
  content: Content;
  correlation?: Correlation | undefined;
  /** 32 hex digits; travels with the post's metadata where the platform has such a thing. */
  traceId: string;
}

/** Which post an adapter is asked to look for. */
export interface PostQuery {
  path: string;
  deliveryId: string;
  /** It was made then or later. */
  since: Date;
}

/**
 * One account on one platform. Adapters know nothing of Temporal, never retry by themselves, and reject with nothing but
 * `DeliveryError`.
 */
export interface DestinationAdapter {
  /** Makes exactly one posting request and resolves with the platform's proof. */
  post(post: Post): Promise<Receipt>;

  /**
   * Looks for the post of this delivery id made at or after `since` (minus an allowance for skewed clocks), paging no
   * further back than that. Resolves with undefined when it certainly isn't there. Rejects with a `permanent`
   * DeliveryError where the account may not look. Absent on platforms that can't be searched.
   */
  find?(query: PostQuery): Promise<Receipt | undefined>;

  /** Asks the platform whether the account's credentials work; resolves with whom they belong to, and posts nothing. */
  check(): Promise<{ identity: string }>;
}

/** One chat platform: its accounts, its addresses, its limits, and how an adapter for an account is made. */
export interface Platform<Account extends AccountPolicy = AccountPolicy> {
  /** The part of a destination before the colon. */
  readonly name: string;
  /** The form of a whole destination, for error messages and documentation. */
  readonly destinationForm: string;
  /** How fast an account may post where its configuration doesn't say; with a link to where the platform says so. */
  readonly limits: AccountLimits;
  /**
   * Whose the credentials are. `account`: they serve all of its destinations, and `check` tells whether they work.
   * `destination`: each has its own, as a webhook's URL, and `check` asks nobody.
   */
  readonly credentials: 'account' | 'destination';
  /** Parses one account of `sendproof.yaml`; spreads `accountPolicyFields`. */
  readonly accountSchema: z.ZodType<Account>;
  /**
   * The account `default` as the environment alone configures it, in the form that `accountSchema` parses; undefined
   * when the environment configures none.
   */
  accountFromEnvironment(environment: NodeJS.ProcessEnv): unknown;
  /** Undefined when the path is a place that this account could post to; otherwise what is wrong and the remedy. */
  checkPath(path: string, account: Account): string | undefined;
  /** Undefined when the platform can show this content; otherwise what is wrong and the limit. */
  checkContent(content: Content): string | undefined;
  /** Throws a ConfigurationError when the account's secrets can't be read. */
  createAdapter(account: Account): DestinationAdapter;
}
