/** One conversation: its messages in the order in which they happened, and what became of each. */
import { outcomeInConversation } from '../../explanation/conversation.js';
import {
  type DeliveryState,
  type MessageRecord,
  deliveryStatus,
} from '../../domain/messageState.js';
import type { ConversationPart } from '../../store/search/conversation.js';
import { useAddresses } from './addresses.js';
import { OutsideLink, Page, PostLink, Status, Time } from './parts.js';

const REFRESH_MS = 5_000;

export function ConversationPage({
  conversation,
  signedIn,
  now,
}: {
  conversation: ConversationPart;
  signedIn: boolean;
  now: Date;
}) {
  const { earlier, key, later, messages, reference, source, url } = conversation;
  const { at, ofConversation } = useAddresses();
  const name = [source, reference].filter((part) => part !== undefined).join(' ');
  return (
    <Page title={name || key} signedIn={signedIn} refreshMs={REFRESH_MS}>
      <h1>{name || 'Conversation'}</h1>
      <p class="soft">
        Conversation <span class="key-inline">{key}</span>
      </p>
      <p class="links">
        {url !== undefined && <OutsideLink url={url}>At the source</OutsideLink>}
        <a href={at(`/messages?${new URLSearchParams({ conversation: key }).toString()}`)}>
          As a list, newest first
        </a>
      </p>
      <section id="conversation" data-live aria-labelledby="conversation-title">
        <h2 id="conversation-title">What happened</h2>
        {earlier > 0 && (
          <p>
            <a href={`${ofConversation(key)}?before=${earlier}`}>Earlier ones ({earlier})</a>
          </p>
        )}
        <ol class="cards">
          {messages.map((message) => (
            <ConversationMessage message={message} now={now} />
          ))}
        </ol>
        {later > 0 && (
          <p>
            <a href={ofConversation(key)}>The newest ones ({later} later)</a>
          </p>
        )}
      </section>
    </Page>
  );
}

function ConversationMessage({
  message: { content, state },
  now,
}: {
  message: MessageRecord;
  now: Date;
}) {
  const { conversation, deduplicationKey, deliveries, status } = state;
  const { ofMessage } = useAddresses();
  return (
    <li class="card">
      <h3 class="place">
        <a href={ofMessage(deduplicationKey)}>{content.title ?? deduplicationKey}</a>{' '}
        <Status status={status} />
      </h3>
      <p class="soft">
        <Time at={conversation?.at ?? state.acceptedAt} />
        {content.title !== undefined && ` · ${deduplicationKey}`}
      </p>
      <ul class="outcomes">
        {deliveries.map((delivery) => (
          <Outcome delivery={delivery} message={state} now={now} />
        ))}
      </ul>
    </li>
  );
}

function Outcome({
  delivery,
  message,
  now,
}: {
  delivery: DeliveryState;
  message: MessageRecord['state'];
  now: Date;
}) {
  const status = deliveryStatus(delivery);
  return (
    <li>
      <strong>{delivery.destination}</strong>
      {status !== message.status && (
        <>
          {' '}
          <Status status={status} />
        </>
      )}{' '}
      <span>{outcomeInConversation(delivery, message, now)}</span> <PostLink delivery={delivery} />
    </li>
  );
}

/** A conversation of which no message is known. */
export function UnknownConversationPage({
  conversation,
  signedIn,
}: {
  conversation: string;
  signedIn: boolean;
}) {
  return (
    <Page title="No such conversation" signedIn={signedIn}>
      <h1>No such conversation</h1>
      <p class="explanation">
        No message of the conversation “{conversation}” is known. None was accepted in the last
        second or before, or the retention of all of them has ended.
      </p>
    </Page>
  );
}
