/** One message: what became of it and why, and what a person can do. */
import { explainDelivery } from '../../explanation/delivery.js';
import { explainMessage } from '../../explanation/message.js';
import { describeStep } from '../../explanation/step.js';
import type { TimelineEntry } from '../../explanation/timeline.js';
import { useAddresses } from './addresses.js';
import type { ShownEvents } from '../../domain/eventGroup.js';
import type { Mentions } from '../../domain/mentions.js';
import type { Content } from '../../domain/message.js';
import { describeErasure } from '../../domain/sealedContent.js';
import { Markdown } from './markdown.js';
import { useReadOnly } from './readOnly.js';
import {
  DecisionForms,
  LinkedKeys,
  OutsideLink,
  Page,
  PostLink,
  relatedKeys,
  Status,
  Time,
} from './parts.js';
import {
  type MessageRecord,
  type MessageState,
  deliveryStatus,
  labelIn,
} from '../../domain/messageState.js';

/** Attempts come and go within seconds; after its end only acknowledgements still move. */
const OPEN_REFRESH_MS = 2_000;
const ENDED_REFRESH_MS = 10_000;

export function MessagePage({
  message,
  timeline,
  webUiUrl,
  signedIn,
  now,
}: {
  message: MessageRecord;
  timeline: readonly TimelineEntry[];
  /** The message's workflow in Temporal's Web UI. */
  webUiUrl: string | undefined;
  signedIn: boolean;
  now: Date;
}) {
  const { content, correlation, state } = message;
  const { deduplicationKey } = state;
  const title = content?.title;
  const { ofConversation, ofMessage } = useAddresses();
  const isReadOnly = useReadOnly();
  return (
    <Page
      title={title ?? deduplicationKey}
      signedIn={signedIn}
      refreshMs={state.closedAt === undefined ? OPEN_REFRESH_MS : ENDED_REFRESH_MS}
    >
      {title === undefined ? (
        <h1 class="key">{deduplicationKey}</h1>
      ) : (
        <>
          <h1>{title}</h1>
          <p class="key-inline soft">{deduplicationKey}</p>
        </>
      )}
      <section id="why" class="why" aria-live="polite" data-live>
        <p>
          <Status status={state.status} />
        </p>
        <p class="explanation">
          <LinkedKeys
            text={explainMessage(state, now)}
            keys={state.deliveries.flatMap(relatedKeys)}
          />
        </p>
      </section>
      <p class="links">
        {!isReadOnly && state.conversation !== undefined && (
          <a href={ofConversation(state.conversation.key)}>The whole conversation</a>
        )}
        {correlation?.url !== undefined && (
          <OutsideLink url={correlation.url}>At the source</OutsideLink>
        )}
      </p>
      {!isReadOnly && (
        <section id="decide" data-live>
          <Decide state={state} />
        </section>
      )}
      <section id="deliveries" data-live aria-labelledby="deliveries-title">
        <h2 id="deliveries-title">Deliveries</h2>
        <Deliveries state={state} now={now} />
      </section>
      <section aria-labelledby="says-title">
        <h2 id="says-title">What it says</h2>
        {content ? <WhatItSays content={content} /> : <p class="soft">{whyNoContent(state)}</p>}
      </section>
      {!isReadOnly && state.shows !== undefined && <EventsShown {...state.shows} />}
      <section id="timeline" data-live aria-labelledby="timeline-title">
        <h2 id="timeline-title">Timeline</h2>
        <ol class="timeline">
          {timeline.map((entry) => (
            <li class={entry.kind}>
              <Time at={entry.at} /> <span>{describeStep(entry, state.names)}</span>
            </li>
          ))}
        </ol>
      </section>
      <section aria-labelledby="facts-title">
        <h2 id="facts-title">References</h2>
        <dl>
          <Fact name="Sent by" value={state.sentBy} />
          <Fact name="Source" value={state.source} />
          <Fact name="Reference" value={state.reference} />
          <Fact
            name="Conversation"
            value={state.conversation?.key}
            href={
              isReadOnly ? undefined : state.conversation && ofConversation(state.conversation.key)
            }
          />
          <Fact name="Trace" value={state.traceId} />
        </dl>
        <p class="links">
          {!isReadOnly && webUiUrl !== undefined && (
            <OutsideLink url={webUiUrl}>In Temporal’s Web UI</OutsideLink>
          )}
        </p>
      </section>
      {isReadOnly && (
        <p>
          The link in the post shows this page without signing in.{' '}
          <a href={ofMessage(deduplicationKey)}>Sign in to search and to decide</a>
        </p>
      )}
    </Page>
  );
}

function WhatItSays({ content }: { content: Content }) {
  const { mentions, severity, text, title } = content;
  return (
    <div class="content">
      {title !== undefined && <h3>{title}</h3>}
      {severity !== undefined && <p class="severity">{severity}</p>}
      {mentions !== undefined && (
        <p class="severity">Mentions {mentionedNames(mentions).join(', ')}</p>
      )}
      <div class="text">
        <Markdown text={text} heading={title === undefined ? 'h3' : 'h4'} />
      </div>
    </div>
  );
}

function whyNoContent({ contentErased, unreadable = '' }: MessageState): string {
  return contentErased ? `Erased ${describeErasure(contentErased)}.` : unreadable;
}

/** A message that a valid link leads to, and that is no longer kept. */
export function ForgottenPage({ deduplicationKey }: { deduplicationKey: string }) {
  return (
    <Page title="No longer kept">
      <h1 class="key">{deduplicationKey}</h1>
      <p class="explanation">
        This message is no longer kept: sendproof forgets messages some time after they have ended.
      </p>
    </Page>
  );
}

/** The events of a group, each of which has a page of its own. */
function EventsShown({ count, keys }: ShownEvents) {
  const { ofMessage } = useAddresses();
  return (
    <section aria-labelledby="events-title">
      <h2 id="events-title">Events that it shows</h2>
      <ul class="requests">
        {keys.map((key) => (
          <li>
            <a href={ofMessage(key)}>{key}</a>
          </li>
        ))}
      </ul>
      {count > keys.length && <p>and {count - keys.length} more</p>}
    </section>
  );
}

/** As people wrote them: ids, e-mail addresses, `@here`. */
function mentionedNames({ channel, groups = [], here, users = [] }: Mentions): string[] {
  return [...users, ...groups, ...(here ? ['@here'] : []), ...(channel ? ['@channel'] : [])];
}

function Decide({ state }: { state: MessageState }) {
  const { deadLetters, deduplicationKey } = state;
  if (deadLetters.length === 0) return null;
  return (
    <div class="card">
      <h2>Needs a decision</h2>
      {deadLetters.length === 1 ? (
        <DecisionForms deduplicationKey={deduplicationKey} />
      ) : (
        deadLetters.map(({ destination }) => (
          <div>
            <h3>{labelIn(state, destination)}</h3>
            <DecisionForms deduplicationKey={deduplicationKey} destination={destination} />
          </div>
        ))
      )}
    </div>
  );
}

function Deliveries({ state, now }: { state: MessageState; now: Date }) {
  return (
    <ul class="cards">
      {state.deliveries.map((delivery) => (
        <li class="card">
          <p class="place">
            <span>{labelIn(state, delivery.destination)}</span>{' '}
            <Status status={deliveryStatus(delivery)} />
          </p>
          {state.deliveries.length > 1 && (
            <p>
              <LinkedKeys
                text={explainDelivery(delivery, state, now)}
                keys={relatedKeys(delivery)}
              />
            </p>
          )}
          <PostLink delivery={delivery} />
        </li>
      ))}
    </ul>
  );
}

function Fact({
  name,
  value,
  href,
}: {
  name: string;
  value: string | undefined;
  href?: string | undefined;
}) {
  if (value === undefined) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{href === undefined ? value : <a href={href}>{value}</a>}</dd>
    </div>
  );
}

/** A key that no message has. */
export function UnknownKeyPage({
  deduplicationKey,
  explanation,
  similarKeys,
  signedIn,
}: {
  deduplicationKey: string;
  explanation: string;
  similarKeys: readonly string[];
  signedIn: boolean;
}) {
  const { ofMessage } = useAddresses();
  return (
    <Page title="Never received" signedIn={signedIn}>
      <h1 class="key">{deduplicationKey}</h1>
      <p class="explanation">{explanation}</p>
      <ul>
        {similarKeys.map((key) => (
          <li>
            <a href={ofMessage(key)}>{key}</a>
          </li>
        ))}
      </ul>
    </Page>
  );
}
