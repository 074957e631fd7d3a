/** Who did what, or was refused: a line of the log for each, of the kind `audit`, without any content. */
import type { Logger } from 'pino';
import type { Caller } from './caller.js';

/** What was done, or tried. */
export type AuditedAction =
  | 'send'
  | 'retry'
  | 'discard'
  | 'cancel'
  | 'reschedule'
  | 'erase'
  | 'sign_in'
  | 'sign_out'
  | 'request';

export interface AuditedAct {
  action: AuditedAction;
  /** Undefined where that isn't known: the request had no key, or a wrong one, or came to a source. */
  caller: Pick<Caller, 'kind' | 'name' | 'tenant'> | undefined;
  /** As `accepted`, `duplicate`, `refused`. */
  outcome: string;
  /** The deduplication key of the message. */
  message?: string | undefined;
  /** The key of the event, and those of its messages. */
  event?: string | undefined;
  messages?: readonly string[] | undefined;
  /** The id of the batch, or of the decision on many dead letters. */
  batch?: string | undefined;
  decision?: string | undefined;
  destinations?: readonly string[] | undefined;
  /** The source of a request whose sender is known by the source's own authentication. */
  source?: string | undefined;
  /** What of a message was erased: `content` or `all`. */
  erased?: string | undefined;
  /** Who decided, and in whose name the request says it is. */
  by?: string | undefined;
  traceId?: string | undefined;
  /** From where the request came. */
  address?: string | undefined;
  /** As `POST /v1/messages`, never with a key. */
  operation?: string | undefined;
  /** Where the problem doesn't say it. */
  reason?: string | undefined;
  /** The `type` of the problem that was answered. */
  problem?: string | undefined;
}

/** Nothing is logged where no keys are configured: nobody is known who could be named. */
export function audit(log: Logger, { caller, ...act }: AuditedAct): void {
  if (caller?.kind === 'open') return;
  const who = caller && { [caller.kind === 'person' ? 'person' : 'key']: caller.name };
  const tenant = caller?.tenant;
  log.info({ kind: 'audit', ...act, ...who, ...(tenant !== undefined && { tenant }) }, 'Audit');
}
