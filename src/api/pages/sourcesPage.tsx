/** The sources: what each sent last, what became of it, and the address that its sender needs. */
import type { MessageSummary } from '../../domain/messageState.js';
import type { SourceRequestRecord } from '../recentSourceRequests.js';
import type { Reception } from '../reception.js';
import type { SourceReading } from '../sourceReading.js';
import { useAddresses } from './addresses.js';
import { Page, Status, Time } from './parts.js';

const REFRESH_MS = 5_000;

const OUTCOMES: Record<Reception['outcome'], string> = {
  accepted: 'accepted',
  unusable: 'authentic, but not usable',
  test: 'test',
  handshake: 'handshake',
  queued: 'queued',
  refused: 'refused',
  failed: 'failed; the sender is to try again',
  late: 'too late; the sender is to try again',
};

export function SourcesPage({
  since,
  signedIn,
  sources,
}: {
  since: Date;
  signedIn: boolean;
  sources: readonly SourceReading[];
}) {
  return (
    <Page title="Sources" here="/sources" signedIn={signedIn} refreshMs={REFRESH_MS}>
      <h1>Sources</h1>
      <p class="soft">
        Messages are found by a search. Requests are those that this API process has received since{' '}
        <Time at={since.toISOString()} />; another API process has a list of its own.
      </p>
      <section id="sources" data-live>
        {sources.length === 0 ? (
          <p>The configuration has no source that receives requests. Add one to “sources”.</p>
        ) : (
          <ul class="cards">
            {sources.map((source) => (
              <SourceCard source={source} />
            ))}
          </ul>
        )}
      </section>
    </Page>
  );
}

function SourceCard({ source }: { source: SourceReading }) {
  const { counts, messages, name, requests, type, url } = source;
  const { at } = useAddresses();
  const counted = [...counts].map(([outcome, count]) => `${count} ${OUTCOMES[outcome]}`);
  return (
    <li class="card">
      <h2>
        {name} <span class="soft">{type}</span>
      </h2>
      <p>
        Address for the sender: <code class="address">{url}</code>
      </p>
      <h3>Last requests</h3>
      {requests.length === 0 ? (
        <p class="soft">None since this process started.</p>
      ) : (
        <>
          <p class="soft">{counted.join(' · ')}</p>
          <ul class="requests">
            {requests.map((request) => (
              <RequestLine request={request} />
            ))}
          </ul>
        </>
      )}
      <h3>Newest messages</h3>
      {messages.length === 0 ? (
        <p class="soft">None.</p>
      ) : (
        <ul class="requests">
          {messages.map((message) => (
            <MessageLine message={message} />
          ))}
        </ul>
      )}
      <p>
        <a href={at(`/messages?${new URLSearchParams({ source: name }).toString()}`)}>
          All messages of {name}
        </a>
      </p>
    </li>
  );
}

function RequestLine({ request }: { request: SourceRequestRecord }) {
  const { messageCount, messages, outcome, reason, at } = request;
  const { ofMessage } = useAddresses();
  const more = messageCount - messages.length;
  return (
    <li>
      <Time at={at} /> <strong class={`outcome ${outcome}`}>{OUTCOMES[outcome]}</strong>
      {reason !== undefined && `: ${reason}`}
      {messages.map((key) => (
        <>
          {' '}
          <a href={ofMessage(key)}>{key}</a>
        </>
      ))}
      {more > 0 && ` and ${more} more`}
    </li>
  );
}

function MessageLine({ message }: { message: MessageSummary }) {
  const { acceptedAt, deduplicationKey, reference, status } = message;
  const { ofMessage } = useAddresses();
  return (
    <li>
      <Time at={acceptedAt} /> {reference !== undefined && <strong>{reference} </strong>}
      <a href={ofMessage(deduplicationKey)}>{deduplicationKey}</a> <Status status={status} />
    </li>
  );
}
