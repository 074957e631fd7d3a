/** Decisions on several dead letters: the question before, the result of each, and the progress of many. */
import type { z } from 'zod';
import type { DeadLetterSummary } from '../../store/search/deadLetterSearch.js';
import type { DestinationNames } from '../../domain/destinationNames.js';
import { labelOf } from '../../domain/destinationNames.js';
import { counted } from '../../lib/counted.js';
import { deciderText } from '../../domain/decider.js';
import type { MessageStatus } from '../../domain/delivery.js';
import type { bulkDecisionProgressSchema } from '../schema/deadLetterRepresentation.js';
import { useAddresses } from './addresses.js';
import { CHOSEN } from './listPages.js';
import { DecidersName, DecisionReason, Figure, Page, Status, Table, Time } from './parts.js';

export interface AskedDecision {
  action: 'retry' | 'discard';
  /** The keys that were chosen; undefined: all that match the filter. */
  chosen: readonly string[] | undefined;
  filter: {
    destination?: string | undefined;
    reason?: string | undefined;
    /** ISO 8601: only what was parked by then. */
    at?: string | undefined;
  };
}

const VERBS = { retry: 'Retry', discard: 'Discard' } as const;
const DONE = { retry: 'sent again', discard: 'discarded' } as const;

/** @param matching what the filter matches now, where nothing was chosen */
export function ConfirmDecisionPage({
  asked,
  decision,
  matching,
  names,
  signedIn,
}: {
  asked: AskedDecision;
  /** As the form had it. */
  decision: string;
  matching: (DeadLetterSummary & { names?: DestinationNames }) | undefined;
  names: DestinationNames;
  signedIn: boolean;
}) {
  const { at } = useAddresses();
  const { action, chosen, filter } = asked;
  const count = chosen?.length ?? matching?.deadLetters ?? 0;
  const what = chosen
    ? counted(count, 'message', 'messages')
    : counted(count, 'dead letter', 'dead letters');
  const title = `${VERBS[action]} ${what}?`;
  return (
    <Page title={title} here="/dead-letters" signedIn={signedIn}>
      <h1>{title}</h1>
      <p>
        {action === 'retry'
          ? 'Each is posted again, as fast as its account allows.'
          : 'They are given up for good: nothing posts them later.'}
      </p>
      {chosen && <p>{meantOf(filter, names)}</p>}
      {chosen && (
        <ul>
          {chosen.map((key) => (
            <li class="key-inline">{key}</li>
          ))}
        </ul>
      )}
      {matching && (
        <Table
          caption="Dead letters by destination"
          rows={matching.destinations}
          columns={[
            {
              name: 'Destination',
              isHeading: true,
              cell: ({ destination }) => labelOf(destination, { names: matching.names }),
            },
            { name: 'Dead letters', cell: (each) => <Figure value={each.count} /> },
            {
              name: 'Reasons',
              cell: ({ reasons }) =>
                reasons.map(({ reason }) => reason.replaceAll('_', ' ')).join(', '),
            },
            { name: 'Oldest', cell: ({ oldest }) => <Time at={oldest} /> },
          ]}
        />
      )}
      <form
        class="card"
        method="post"
        action={at('/dead-letters/decide')}
        aria-label="Confirm the decision"
      >
        <input type="hidden" name="decision" value={decision} />
        <input type="hidden" name="confirmed" value="yes" />
        {chosen?.map((key, index) => (
          <input type="hidden" name={`${CHOSEN}${index}`} value={key} />
        ))}
        {(['destination', 'reason', 'at'] as const).map(
          (name) =>
            filter[name] !== undefined && (
              <input type="hidden" name={`filter-${name}`} value={filter[name]} />
            ),
        )}
        <DecidersName />
        <DecisionReason
          label={action === 'retry' ? 'What you fixed' : 'Why they are not needed'}
          isNeeded={action === 'discard' || chosen === undefined}
        />
        <button class={action === 'discard' ? 'danger' : undefined}>
          {VERBS[action]} {what}
        </button>
      </form>
      <p>
        <a href={at('/dead-letters')}>Back, without deciding</a>
      </p>
    </Page>
  );
}

/** Which dead letters of the chosen messages are meant. */
function meantOf(
  { destination, reason }: AskedDecision['filter'],
  names: DestinationNames,
): string {
  if (destination === undefined && reason === undefined) {
    return 'It is about all dead letters of these messages, at every destination.';
  }
  const where = destination === undefined ? '' : ` at ${labelOf(destination, { names })}`;
  const why = reason === undefined ? '' : ` for the reason “${reason.replaceAll('_', ' ')}”`;
  return `It is only about their dead letters${where}${why}, as the list was filtered.`;
}

export interface DecidedMessage {
  key: string;
  /** What became of it so far; undefined where it can't be read. */
  status: MessageStatus | undefined;
  /** Why nothing was decided. */
  refused: string | undefined;
  /** A failure hid whether it was decided on. */
  isUnknown: boolean;
}

/** What became of each message that was chosen. */
export function DecidedPage({
  action,
  decided,
  isFiltered,
  signedIn,
}: {
  action: AskedDecision['action'];
  decided: readonly DecidedMessage[];
  /** Whether other dead letters of these messages may be left. */
  isFiltered: boolean;
  signedIn: boolean;
}) {
  const { at, ofMessage } = useAddresses();
  const known = decided.filter(({ isUnknown }) => !isUnknown);
  const unknown = decided.length - known.length;
  const done = known.filter(({ refused }) => refused === undefined).length;
  const again = known.filter(
    ({ refused, status }) => refused === undefined && status === 'dead_lettered',
  ).length;
  const title = `${counted(done, 'message', 'messages')} ${DONE[action]}`;
  return (
    <Page title={title} here="/dead-letters" signedIn={signedIn} isWide>
      <h1>{title}</h1>
      {done < known.length && (
        <p role="alert">
          {counted(known.length - done, 'message was', 'messages were')} not decided on. The table
          says why.
        </p>
      )}
      {unknown > 0 && (
        <p role="alert">
          Of {counted(unknown, 'message', 'messages')} it is not known whether the decision was
          accepted. Look at {unknown === 1 ? 'it' : 'them'} before you decide again.
        </p>
      )}
      {action === 'retry' && again > 0 && (
        <p role="alert">
          {counted(again, 'message has', 'messages have')}{' '}
          {isFiltered ? 'other dead letters or failed again already' : 'failed again already'}, and{' '}
          {again === 1 ? 'needs' : 'need'} another decision.
        </p>
      )}
      <Table
        caption="The messages that were decided on"
        rows={decided}
        columns={[
          {
            name: 'Message',
            isHeading: true,
            cell: ({ key }) => <a href={ofMessage(key)}>{key}</a>,
          },
          {
            name: 'Result',
            cell: ({ isUnknown, refused, status }) => {
              if (isUnknown) return 'not known: look at the message';
              return refused ?? (status === undefined ? 'decided' : <Status status={status} />);
            },
          },
        ]}
      />
      <p>
        <a href={at('/dead-letters')}>The dead letters that are left</a>
      </p>
    </Page>
  );
}

const PROGRESS_REFRESH_MS = 1_000;
const PROGRESS_RELOAD_S = 2;

type Progress = z.input<typeof bulkDecisionProgressSchema>;

/** How far a decision on all that match is. */
export function DecisionProgressPage({
  isGivenUp,
  names,
  progress,
  signedIn,
  total,
}: {
  /** Whether the destinations that have not accepted the decision are asked no more. */
  isGivenUp: boolean;
  names: DestinationNames;
  progress: Progress;
  signedIn: boolean;
  /** How many matched when it was made; undefined where the address doesn't say. */
  total: number | undefined;
}) {
  const { at } = useAddresses();
  const { action, by, claimedBy, decided, destinations, done, pending, reason, requestedAt } =
    progress;
  const isUnderWay =
    (pending > 0 && !isGivenUp) || destinations.some(({ finishedAt }) => finishedAt === undefined);
  const title = `${VERBS[action]} dead letters`;
  return (
    <Page
      title={title}
      here="/dead-letters"
      signedIn={signedIn}
      refreshMs={isUnderWay ? PROGRESS_REFRESH_MS : undefined}
      reloadAfterS={isUnderWay ? PROGRESS_RELOAD_S : undefined}
    >
      <h1>{title}</h1>
      <p class="soft">
        Decided by {deciderText({ by, claimedBy })} at <Time at={requestedAt} />: {reason}
      </p>
      <section id="progress" data-live aria-live="polite">
        <p class="explanation">
          {done ? 'Done: ' : isUnderWay ? 'Under way: ' : 'Not complete: '}
          <Figure value={decided} />
          {total !== undefined && (
            <>
              {' of '}
              <Figure value={total} />
            </>
          )}{' '}
          {DONE[action]}.
        </p>
        {pending > 0 && <Pending count={pending} isGivenUp={isGivenUp} />}
        {total !== undefined && isUnderWay && (
          <progress max={total} value={Math.min(decided, total)} aria-label="Progress" />
        )}
        <Table
          caption="By destination"
          rows={destinations}
          columns={[
            {
              name: 'Destination',
              isHeading: true,
              cell: ({ destination }) => labelOf(destination, { names }),
            },
            { name: 'Decided', cell: (each) => <Figure value={each.decided} /> },
            {
              name: 'State',
              cell: ({ finishedAt }) => (finishedAt === undefined ? 'under way' : 'done'),
            },
          ]}
        />
      </section>
      <p>
        <a href={at('/dead-letters')}>
          The dead letters that are left, and those that failed again
        </a>
      </p>
    </Page>
  );
}

/** A decision doesn't name the destinations that have not accepted it. */
function Pending({ count, isGivenUp }: { count: number; isGivenUp: boolean }) {
  const have = `${counted(count, 'destination has', 'destinations have')} not accepted the decision`;
  return isGivenUp ? (
    <p role="alert">
      {have}, and it is no longer sent to {count === 1 ? 'it' : 'them'}. Make the decision again for
      the dead letters that are left.
    </p>
  ) : (
    <p>{have} yet. It is sent again for up to 15 minutes.</p>
  );
}
