/** One conversation: its messages in the order in which they happened, and what became of each. */
import { outcomeInConversation } from '../../explanation/conversation.js';
import {
  type DeliveryState,
  type MessageRecord,
  deliveryStatus,
  labelIn,
} from '../../domain/messageState.js';
import type { ConversationPart } from '../../store/search/conversation.js';
import { useAddresses } from './addresses.js';
import { LinkedKeys, OutsideLink, Page, PostLink, relatedKeys, Status, Time } from './parts.js';

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
  const newest = later > 0 ? undefined : messages.findLast(isState)?.content?.title;
  const name = [source, reference].filter((part) => part !== undefined).join(' ');
  return (
    <Page title={name || key} signedIn={signedIn} refreshMs={REFRESH_MS}>
      <h1>{name || 'Conversation'}</h1>
      {newest !== undefined && <p class="explanation">{newest}</p>}
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

/** Whether a message says how things are, rather than answer in a thread. */
function isState({ state: { deliveries } }: MessageRecord): boolean {
  return !deliveries.some(
    ({ stage }) => stage.kind === 'confirmed' && stage.receipt.conversation?.role === 'reply',
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
  const title = content?.title;
  const { ofMessage } = useAddresses();
  return (
    <li class="card">
      <h3 class="place">
        <a href={ofMessage(deduplicationKey)}>{title ?? deduplicationKey}</a>{' '}
        <Status status={status} />
      </h3>
      <p class="soft">
        <Time at={conversation?.at ?? state.acceptedAt} />
        {title !== undefined && ` · ${deduplicationKey}`}
        {state.contentErased && ' · content erased'}
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
  const isAlike = message.deliveries.every((each) => deliveryStatus(each) === message.status);
  return (
    <li>
      <strong>{labelIn(message, delivery.destination)}</strong>
      {!isAlike && (
        <>
          {' '}
          <Status status={deliveryStatus(delivery)} />
        </>
      )}{' '}
      <span>
        <LinkedKeys
          text={outcomeInConversation(delivery, message, now)}
          keys={relatedKeys(delivery)}
        />
      </span>{' '}
      <PostLink delivery={delivery} />
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
