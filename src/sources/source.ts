/** The contract between sendproof and a system that raises events. Each source's folder implements it; `registry.ts` lists them. */
import type { z } from 'zod';
import type { SourceEvent } from '../domain/event.js';
import { durationUpTo } from '../lib/duration.js';
import type { Secret } from '../lib/secret.js';

/** A request to `POST /v1/sources/{name}`, as it came. */
export interface SourceRequest {
  /** Unique: the key of an event that its sender gives no identity. */
  id: string;
  method: string;
  /** Lower-case names. Several values of one header are joined by `, `. */
  headers: Readonly<Record<string, string | undefined>>;
  query: URLSearchParams;
  /** What follows the source's name in the path, decoded: the secret of a source that has it in its URL. Empty if nothing does. */
  token: string;
  /** The body's bytes, which signatures are made of. Compression of the transfer is undone. */
  body: Buffer;
}

/** `authentic`, or why it is not: for operators, without any part of the secret or of the body. */
export type Verdict = 'authentic' | { refusedBecause: string };

/** What a request is. */
export type Identity =
  /** One or more events. The key is the same for each redelivery of the request, and different for every other one. */
  | { kind: 'events'; key: string }
  /** The source tries whether its requests arrive. Nothing is posted. `says`: what kind of test it is. */
  | { kind: 'test'; says: string }
  /** The source wants to know whether it may send, and is answered by `handshake`. */
  | { kind: 'handshake' };

/** What a sender is told. */
export interface SourceAnswer {
  status: number;
  headers?: Record<string, string>;
  /** JSON unless `headers` say something else. */
  body?: unknown;
}

/** An event as a source's `parse` makes it; `event` in this folder makes it whole. */
export type ParsedEvent = Omit<SourceEvent, 'source'>;

/** How it is known who sends. `authentication/` has the usual ways. */
export interface Authentication {
  /** Whether it is known at all: a source without authentication is only for this machine. */
  readonly isAuthenticated: boolean;

  /** What the API reads at its start, so that a missing secret is noticed before the first request. */
  readonly secrets: readonly Secret[];

  /**
   * Never rejects for what a sender sent. May ask the network, as for a certificate, and rejects with `AgainLater` where that
   * failed.
   */
  verify(request: SourceRequest): Verdict | Promise<Verdict>;

  /** Adds to a sample what makes it authentic: headers, or the token of the URL. */
  sign(sample: SignedSample): SignedSample;
}

/** A source as it is configured. It knows nothing of routes, of Temporal and of the HTTP server. */
export interface Source extends Authentication {
  /** Reads an authentic request as far as its identity. Throws an `Unusable` where it can't be told. */
  identify(request: SourceRequest): Identity;

  /**
   * The events of an authentic request, in the order in which they happened. An event that nobody wants to see is left out:
   * an empty list is accepted and posts nothing. Throws an `Unusable` where the request can't be understood.
   */
  parse(request: SourceRequest): ParsedEvent[];

  /** Does what the handshake asks for. Rejects with `AgainLater` where that failed. */
  handshake?(request: SourceRequest): Promise<SourceAnswer>;

  /** What its sender expects as success, where that is not `202` with JSON. */
  readonly accepted?: SourceAnswer;
}

/** A request as its sender would make it, for people who try a configuration, and for tests. */
export interface Sample {
  headers: Record<string, string>;
  body: string;
}

/** As it is sent. */
export interface SignedSample extends Omit<Sample, 'body'> {
  body: string | Buffer;
  /** What follows the source's name in the URL. */
  token?: string;
}

/** One kind of source. */
export interface SourceType<Settings extends SourceSettings = SourceSettings> {
  /** As `type` in the configuration. */
  readonly name: string;
  /** Parses one entry of `sources:`; spreads `sourceFields`. */
  readonly schema: z.ZodType<Settings>;
  /** The methods of its requests; by default `POST`. */
  readonly methods?: readonly string[];
  /** How long its sender waits for an answer, with room for the network, in milliseconds. The default of `respondWithin`. */
  readonly respondWithinMs: number;
  /** The largest body that its sender sends, in bytes, and room beyond. */
  readonly largestBodyBytes: number;
  /** By name, as `triggered`. */
  readonly samples: Readonly<Record<string, Sample>>;
  /** Throws a ConfigurationError where its settings or its secrets can't be used. */
  create(settings: Settings, name: string): Source;
}

/** What the sender sent is authentic, and nothing can be made of it. The message says why, without quoting the body. */
export class Unusable extends Error {
  override readonly name = 'Unusable';
}

/** It can't be said now what the request is, as while a server that must be asked is away. The sender is to send it again. */
export class AgainLater extends Error {
  override readonly name = 'AgainLater';
}

/** The settings that all sources share. Spread into the schema of each source. */
export const sourceFields = {
  /** How long the sender may be kept waiting; then it is told to try again. */
  respondWithin: durationUpTo('30s').optional(),
};
export interface SourceSettings {
  respondWithin?: number | undefined;
}
