/** Faults that a test or a person sets, to see how messages are delivered in spite of them. */
import { z } from 'zod';
import { shortenText } from '../lib/cutText.js';
import { isRecord } from '../lib/isRecord.js';
import { remedy } from '../lib/nearest.js';
import { own } from '../lib/own.js';
import { SANDBOX_PLATFORMS, type SandboxPlatform } from './platforms.js';

const scope = {
  platform: z.enum(SANDBOX_PLATFORMS),
  path: z.string().min(1).optional().meta({
    description: 'Only calls for this channel, written as in a destination.',
  }),
  operation: z.string().min(1).optional().meta({
    description: 'Only this operation, as `chat.postMessage` or `postChannelMessage`.',
  }),
  times: z.int().min(1).optional().meta({
    description: 'How many calls it affects. Without it: all, until it is cleared.',
  }),
  skip: z.int().min(1).optional().meta({
    description: 'How many such calls it lets pass before the first that it affects.',
  }),
  every: z.int().min(2).optional().meta({
    description: 'Only every n-th such call, after those that it skips: `33` affects 3 % of them.',
  }),
};

/** Before: nothing is posted. After: the post is visible, although the client may not get the answer. */
const when = z.enum(['before', 'after']).default('before');
const retryAfter = z.string().min(1).optional().meta({
  description:
    'The Retry-After header, in any form: `2`, `2.128`, an HTTP date. Without it, no header.',
});
const errorStatus = z.int().min(400).max(599);

export const faultSchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('rate_limited'), ...scope, retryAfter }),
    z.strictObject({
      kind: z.literal('http_error'),
      ...scope,
      status: errorStatus,
      when,
      retryAfter,
    }),
    z.strictObject({ kind: z.literal('timeout'), ...scope, when }),
    z.strictObject({ kind: z.literal('reset'), ...scope, when }),
    z.strictObject({ kind: z.literal('slack_error'), ...scope, error: z.string().min(1), when }),
    z.strictObject({
      kind: z.literal('graph_error'),
      ...scope,
      status: errorStatus,
      code: z.string().min(1),
      when,
    }),
    z.strictObject({
      kind: z.literal('google_error'),
      ...scope,
      status: errorStatus,
      code: z.string().min(1).meta({ description: 'As `PERMISSION_DENIED`.' }),
      reason: z.string().min(1).optional().meta({ description: 'As `SERVICE_DISABLED`.' }),
      when,
    }),
    z.strictObject({
      kind: z.literal('platform_error'),
      ...scope,
      status: errorStatus,
      code: z.string().min(1).meta({ description: 'In the platform’s own form, as `50013`.' }),
      when,
    }),
    z.strictObject({ kind: z.literal('revoked_token'), ...scope }),
    z.strictObject({
      kind: z.literal('slow'),
      ...scope,
      delayMs: z.int().min(1).max(600_000),
      when: z.enum(['before', 'after']).default('after'),
    }),
    z.strictObject({
      kind: z.literal('garbage'),
      ...scope,
      form: z.enum(['html', 'cut_json']).default('html'),
      when,
    }),
    z.strictObject({
      kind: z.literal('answer'),
      ...scope,
      status: z.int().min(200).max(599).default(200),
      body: z.string().meta({ description: 'Sent as it is.' }),
      contentType: z.string().min(1).default('text/plain; charset=utf-8'),
      when,
      retryAfter,
    }),
    z.strictObject({ kind: z.literal('hold'), ...scope }),
  ],
  { error: ({ input }) => wrongKind(input) },
);

/** What is wrong with a fault of no known kind. */
function wrongKind(input: unknown): string | undefined {
  const kind = isRecord(input) ? own(input, 'kind') : undefined;
  const kinds = faultSchema.options.map(({ shape }) => shape.kind.value);
  if (typeof kind === 'string')
    return `there is no kind "${shortenText(kind, 100)}"; ${remedy(kind, kinds)}`;
  return isRecord(input) ? `is required: one of ${kinds.join(', ')}` : undefined;
}

export type Fault = z.output<typeof faultSchema>;
/** A fault as it is set: fields with a default are optional. */
export type FaultInput = z.input<typeof faultSchema>;
export type FaultKind = Fault['kind'];

/** A fault that is set. */
export interface ActiveFault {
  id: string;
  fault: Fault;
  /** How many calls it has affected. */
  applied: number;
}

export interface FaultTarget {
  platform: SandboxPlatform;
  operation: string;
  path: string | undefined;
  /** Whether the call would make a post. */
  posts: boolean;
}

/** The stage of a call at which a fault applies. */
export function stageOf(fault: Fault): 'before' | 'after' {
  switch (fault.kind) {
    case 'rate_limited':
    case 'revoked_token':
      return 'before';
    case 'hold':
      return 'after';
    case 'http_error':
    case 'timeout':
    case 'reset':
    case 'slack_error':
    case 'graph_error':
    case 'google_error':
    case 'platform_error':
    case 'slow':
    case 'garbage':
    case 'answer':
      return fault.when;
  }
}

interface Entry extends ActiveFault {
  /** How many calls within its scope it has affected or let pass. */
  seen: number;
  released: Promise<void>;
  release: () => void;
}

/** The active faults, in the order in which they were set. */
export class FaultPlan {
  readonly #entries = new Map<string, Entry>();
  readonly #onChange: () => void;
  #count = 0;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** @throws ZodError when the fault is malformed */
  add(input: FaultInput): string {
    const fault = faultSchema.parse(input);
    this.#count += 1;
    const id = `fault-${this.#count}`;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#entries.set(id, { id, fault, applied: 0, seen: 0, released, release });
    this.#onChange();
    return id;
  }

  /**
   * The first fault that applies to this call, which counts as passed for those that let it pass. A fault after posting
   * applies to calls that make a post, and to others only where it names their operation: otherwise a time-out after posting
   * would also affect the search that follows it.
   */
  match(target: FaultTarget): ActiveFault | undefined {
    for (const entry of this.#entries.values()) {
      const { fault } = entry;
      if (
        fault.platform === target.platform &&
        (fault.path === undefined || fault.path === target.path) &&
        (fault.operation === undefined || fault.operation === target.operation) &&
        (fault.times === undefined || entry.applied < fault.times) &&
        (target.posts || fault.operation !== undefined || stageOf(fault) === 'before')
      ) {
        entry.seen += 1;
        const number = entry.seen - (fault.skip ?? 0);
        if (number > 0 && number % (fault.every ?? 1) === 0) return entry;
      }
    }
    return undefined;
  }

  /** Counts a call. A fault is removed after its last call, except a `hold`: its answers are still to be released. */
  apply(active: ActiveFault): void {
    active.applied += 1;
    const { kind, times } = active.fault;
    if (kind !== 'hold' && times !== undefined && active.applied >= times) {
      this.#entries.delete(active.id);
    }
    this.#onChange();
  }

  /** Resolves when the held answers of this fault may be sent. */
  async released(active: ActiveFault): Promise<void> {
    await this.#entries.get(active.id)?.released;
  }

  list(): ActiveFault[] {
    return [...this.#entries.values()].map(({ id, fault, applied }) => ({ id, fault, applied }));
  }

  /**
   * Removes the fault, and releases the answers that it holds.
   *
   * @returns false when there is no such fault
   */
  remove(id: string): boolean {
    this.#entries.get(id)?.release();
    const removed = this.#entries.delete(id);
    if (removed) this.#onChange();
    return removed;
  }

  clear(): void {
    for (const id of [...this.#entries.keys()]) this.remove(id);
  }
}
