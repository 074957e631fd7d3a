/** Lists of messages: the search, and what needs a decision. */
import { FAILURE_REASONS, MESSAGE_STATUSES } from '../../domain/delivery.js';
import { REMEDIES } from '../../domain/remedies.js';
import type { MessagePage } from '../../store/search/messageSearch.js';
import { useAddresses } from './addresses.js';
import { DecisionForms, Page, Status, Time } from './parts.js';
import { labelIn, type MessageSummary } from '../../domain/messageState.js';

const REFRESH_MS = 5_000;

/** The fields of the search as the page's address has them. */
export type SearchFields = Record<string, string>;

export function SearchPage({
  found,
  fields,
  signedIn,
}: {
  found: MessagePage;
  fields: SearchFields;
  signedIn: boolean;
}) {
  const { messages } = found;
  const { at } = useAddresses();
  const sought = Object.entries(fields).some(([name, value]) => name !== 'cursor' && value);
  return (
    <Page title="Messages" search={fields.q} signedIn={signedIn} refreshMs={REFRESH_MS}>
      <h1>{fields.q === undefined ? 'Messages' : `Messages for “${fields.q}”`}</h1>
      <form class="filters" action={at('/messages')}>
        {fields.q !== undefined && <input type="hidden" name="q" value={fields.q} />}
        {fields.conversation !== undefined && (
          <input type="hidden" name="conversation" value={fields.conversation} />
        )}
        <Choice name="status" label="Status" choices={MESSAGE_STATUSES} chosen={fields.status} />
        <DestinationField value={fields.destination} />
        <button>Show</button>
      </form>
      <section id="found" data-live>
        {messages.length === 0 ? (
          <p>
            {sought
              ? `No message was found. The page of a key tells more: enter it as ${at('/messages/<key>')}.`
              : 'There are no messages yet.'}
          </p>
        ) : (
          <ul class="cards">
            {messages.map((message) => (
              <MessageCard message={message} />
            ))}
          </ul>
        )}
        <NextPage path="/messages" fields={fields} cursor={found.cursor} />
      </section>
    </Page>
  );
}

export function DeadLettersPage({
  found,
  fields,
  signedIn,
}: {
  found: MessagePage;
  fields: SearchFields;
  signedIn: boolean;
}) {
  const { at } = useAddresses();
  return (
    <Page title="Dead letters" signedIn={signedIn} refreshMs={REFRESH_MS}>
      <h1>Dead letters</h1>
      <p>
        What could not be delivered needs a decision: send it again, or give it up. It waits as long
        as it takes.
      </p>
      <form class="filters" action={at('/dead-letters')}>
        <Choice name="reason" label="Reason" choices={FAILURE_REASONS} chosen={fields.reason} />
        <DestinationField value={fields.destination} />
        <button>Show</button>
      </form>
      <section id="found" data-live>
        {found.messages.length === 0 ? (
          <p>Nothing needs a decision.</p>
        ) : (
          <ul class="cards">
            {found.messages.map((message) => (
              <DeadLetterCard message={message} />
            ))}
          </ul>
        )}
        <NextPage path="/dead-letters" fields={fields} cursor={found.cursor} />
      </section>
    </Page>
  );
}

function DestinationField({ value }: { value: string | undefined }) {
  return (
    <label>
      Destination
      <input name="destination" value={value} placeholder="slack:default/C0123ABC" />
    </label>
  );
}

function MessageCard({ message }: { message: MessageSummary }) {
  const { ofMessage } = useAddresses();
  return (
    <li class="card">
      <h2 class="place">
        <a href={ofMessage(message.deduplicationKey)}>{message.deduplicationKey}</a>{' '}
        <Status status={message.status} />
      </h2>
      <Origin message={message} />
      <InConversation message={message} />
      {message.unreadable !== undefined && <p>{message.unreadable}</p>}
      <p class="soft">
        {message.destinations.map((destination) => labelIn(message, destination)).join(', ')}
      </p>
    </li>
  );
}

function DeadLetterCard({ message }: { message: MessageSummary }) {
  const { deadLetters, deduplicationKey } = message;
  const { ofMessage } = useAddresses();
  return (
    <li class="card">
      <h2 class="place">
        <a href={ofMessage(deduplicationKey)}>{deduplicationKey}</a>
      </h2>
      <Origin message={message} />
      {deadLetters.map(({ at, destination, detail, reason }) => (
        <div>
          <p>
            <strong>{labelIn(message, destination)}</strong>, since <Time at={at} />: {detail}
          </p>
          <p>{REMEDIES[reason]}</p>
        </div>
      ))}
      <details>
        <summary>Decide …</summary>
        <DecisionForms deduplicationKey={deduplicationKey} />
      </details>
    </li>
  );
}

function InConversation({ message: { conversation } }: { message: MessageSummary }) {
  const { ofConversation } = useAddresses();
  if (!conversation) return null;
  return (
    <p class="soft">
      Conversation <a href={ofConversation(conversation.key)}>{conversation.key}</a>
    </p>
  );
}

function Origin({ message }: { message: MessageSummary }) {
  const { acceptedAt, reference, source } = message;
  const from = [source, reference].filter((part) => part !== undefined).join(' ');
  return (
    <p class="soft">
      {from !== '' && <strong>{from}</strong>}
      {from !== '' && ' · '}
      <Time at={acceptedAt} />
    </p>
  );
}

function Choice({
  name,
  label,
  choices,
  chosen,
}: {
  name: string;
  label: string;
  choices: readonly string[];
  chosen: string | undefined;
}) {
  return (
    <label>
      {label}
      <select name={name}>
        <option value="">any</option>
        {choices.map((choice) => (
          <option value={choice} selected={choice === chosen}>
            {choice.replaceAll('_', ' ')}
          </option>
        ))}
      </select>
    </label>
  );
}

function NextPage({
  path,
  fields,
  cursor,
}: {
  path: string;
  fields: SearchFields;
  cursor: string | undefined;
}) {
  const { at } = useAddresses();
  if (cursor === undefined) return null;
  const query = new URLSearchParams({ ...fields, cursor }).toString();
  return (
    <p>
      <a href={at(`${path}?${query}`)}>Older ones</a>
    </p>
  );
}
