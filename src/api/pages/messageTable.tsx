/** Messages as lists show them: what each is about first. */
import type { ComponentChildren } from 'preact';
import type { DeadLetterMemo } from '../../domain/deadLetter.js';
import { labelIn, type MessageSummary } from '../../domain/messageState.js';
import { own } from '../../lib/own.js';
import { useAddresses } from './addresses.js';
import { Age, Status, Table, type Column } from './parts.js';

/** The columns that every list of messages has, in their order. */
export function MessageTable({
  before = [],
  caption,
  last,
  messages,
  now,
}: {
  caption: string;
  messages: readonly MessageSummary[];
  now: Date;
  /** Columns before the others. */
  before?: readonly Column<MessageSummary>[];
  /** What says how it is with each. */
  last: Column<MessageSummary>;
}) {
  return (
    <Table
      caption={caption}
      rows={messages}
      columns={[
        ...before,
        { name: 'Message', isHeading: true, cell: (message) => <Title message={message} /> },
        { name: 'From', cell: (message) => <Origin message={message} /> },
        { name: 'To', cell: (message) => <Destinations message={message} /> },
        last,
        { name: 'Accepted', cell: ({ acceptedAt }) => <Age at={acceptedAt} now={now} /> },
      ]}
    />
  );
}

/** Its title with its key below, or the key alone. */
function Title({ message }: { message: MessageSummary }) {
  const { deduplicationKey, title, unreadable } = message;
  const { ofMessage } = useAddresses();
  return (
    <>
      <a href={ofMessage(deduplicationKey)}>{title ?? deduplicationKey}</a>
      {title !== undefined && <span class="below key-inline">{deduplicationKey}</span>}
      {unreadable !== undefined && <span class="below">{unreadable}</span>}
    </>
  );
}

function Origin({ message }: { message: MessageSummary }) {
  const { conversation, reference, source } = message;
  const { ofConversation } = useAddresses();
  const from = [source, reference].filter((part) => part !== undefined).join(' ');
  return (
    <>
      {from === '' ? '–' : from}
      {conversation && (
        <span class="below">
          <a href={ofConversation(conversation.key)}>its conversation</a>
        </span>
      )}
    </>
  );
}

/** More make a row that nobody reads. */
const MOST_DESTINATIONS = 3;

function Destinations({ message }: { message: MessageSummary }) {
  const { destinations } = message;
  const more = destinations.length - MOST_DESTINATIONS;
  return (
    <>
      {destinations.slice(0, MOST_DESTINATIONS).map((destination) => (
        <DestinationName destination={destination} message={message} />
      ))}
      {more > 0 && <span class="below">and {more} more</span>}
    </>
  );
}

/** By the name that people gave it; its address is shown when it is pointed at. */
function DestinationName({
  destination,
  message,
}: {
  destination: string;
  message: MessageSummary;
}) {
  const name = message.names && own(message.names, destination);
  return (
    <span class="line" title={name === undefined ? undefined : destination}>
      {name ?? labelIn(message, destination)}
    </span>
  );
}

/** How a message is: its status, why it needs a decision, and when it is due. */
export function StatusAndReason({ message, now }: { message: MessageSummary; now: Date }) {
  const { deadLetters, dueAt, status } = message;
  const reasons = new Set(status === 'dead_lettered' ? deadLetters.map((each) => each.reason) : []);
  return (
    <>
      {dueAt === undefined ? <Status status={status} /> : <span class="status">scheduled</span>}
      {dueAt !== undefined && (
        <span class="below">
          due <Age at={dueAt} now={now} />
        </span>
      )}
      {[...reasons].map((reason) => (
        <span class="below">{reason.replaceAll('_', ' ')}</span>
      ))}
    </>
  );
}

/** One dead letter of a message: where it failed, why, and since when. */
export function DeadLetterLine({
  children,
  deadLetter: { at, destination, detail },
  message,
  now,
}: {
  deadLetter: DeadLetterMemo;
  message: MessageSummary;
  now: Date;
  children?: ComponentChildren;
}) {
  const isAlone = message.destinations.length === 1;
  return (
    <div class="line">
      {!isAlone && (
        <strong>
          <DestinationName destination={destination} message={message} />
        </strong>
      )}
      {detail}{' '}
      <span class="soft">
        (<Age at={at} now={now} />)
      </span>
      {children}
    </div>
  );
}
