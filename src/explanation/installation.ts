/** Whether all is well, and if not, what is wrong and what to do. */
import type { AccountQueue, DeliveryEstimate } from '../domain/deliveryEstimate.js';
import { counted } from '../lib/counted.js';
import { formatDuration } from '../lib/formatDuration.js';
import { joinWithAnd } from './joinWithAnd.js';

export interface Trouble {
  text: string;
  /** The page that shows it, if there is one. */
  path?: string | undefined;
}

/** What is known of an installation at one moment. */
export interface InstallationFacts {
  /** Why nothing can be read; undefined where Temporal answers. */
  outage: Trouble | undefined;
  deadLetters: { count: number; isComplete: boolean };
  overdue: number;
  /** The queue is undefined where Temporal doesn't describe it. */
  accounts: readonly { id: string; queue: AccountQueue | undefined }[];
  /** Undefined where Temporal doesn't say. */
  workers: number | undefined;
  writeFault: string | undefined;
}

/** The most urgent first; empty if all is well. */
export function troublesOf(facts: InstallationFacts): Trouble[] {
  const { accounts, deadLetters, outage, overdue, workers, writeFault } = facts;
  return [
    ...(outage ? [outage] : unreadable(facts)),
    ...(writeFault === undefined ? [] : [{ text: writeFault }]),
    ...(workers === 0
      ? [{ text: 'No worker polls: messages are accepted, and not delivered. Start a worker.' }]
      : []),
    ...accounts.flatMap(({ id, queue }) => (queue ? accountTroubles(id, queue, workers) : [])),
    ...(deadLetters.count > 0 ? [{ text: needDecision(deadLetters), path: '/dead-letters' }] : []),
    ...(overdue > 0
      ? [
          {
            text: `${counted(overdue, 'message is', 'messages are')} overdue: neither confirmed nor dead-lettered, long after the time to post.`,
            path: '/messages?tab=delayed',
          },
        ]
      : []),
  ];
}

/** What is not known may be wrong. */
function unreadable({ accounts, workers }: InstallationFacts): Trouble[] {
  const unknown = accounts.filter(({ queue }) => queue === undefined);
  const [first] = unknown;
  const whose = [
    ...(workers === undefined ? ['of the workers'] : []),
    ...(first === undefined
      ? []
      : [
          unknown.length === 1
            ? `of the account ${first.id}`
            : `of ${counted(unknown.length, 'account', 'accounts')}`,
        ]),
  ];
  if (whose.length === 0) return [];
  return [{ text: `The state ${joinWithAnd(whose)} can’t be read from Temporal.` }];
}

function accountTroubles(id: string, queue: AccountQueue, workers: number | undefined): Trouble[] {
  const { backlog, heldBack } = queue;
  if (heldBack !== undefined) {
    const why = heldBack === '' ? '' : `: ${heldBack}`;
    return [{ text: `The account ${id} is held back${why}` }];
  }
  // Where no worker polls at all, that is said once.
  if (queue.workers > 0 || workers === 0 || backlog === 0) return [];
  return [
    {
      text: `No worker delivers for the account ${id}, and ${counted(backlog, 'delivery waits', 'deliveries wait')}. Check that the workers’ configuration has the account.`,
    },
  ];
}

function needDecision({ count, isComplete }: InstallationFacts['deadLetters']): string {
  const atLeast = isComplete ? '' : 'At least ';
  return `${atLeast}${counted(count, 'dead letter needs', 'dead letters need')} a decision: retry or discard.`;
}

/** When a message that is sent now is expected at its destination. */
export function describeEstimate(estimate: DeliveryEstimate): string {
  switch (estimate.kind) {
    case 'in':
      return estimate.ms < 1_000 ? 'at once' : `in about ${formatDuration(estimate.ms)}`;
    case 'held_back':
      return 'unknown: when the account works again';
    case 'no_worker':
      return 'unknown: when a worker polls';
  }
}
