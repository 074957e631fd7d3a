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
import { Attempts } from './attempts.js';
import { MessageActions } from './messageActions.js';
import {
  Age,
  CopyButton,
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
  type OperatorAction,
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
        <h1 class="key">
          {deduplicationKey} <CopyButton text={deduplicationKey} what="the key" />
        </h1>
      ) : (
        <>
          <h1>{title}</h1>
          <p class="key-inline soft">
            {deduplicationKey} <CopyButton text={deduplicationKey} what="the key" />
          </p>
        </>
      )}
      <h2>What happened</h2>
      <section id="why" class="why" aria-live="polite" data-live>
        <p>
          <Status status={state.status} />{' '}
          <span class="soft">
            accepted <Age at={state.acceptedAt} now={now} />
          </span>
        </p>
        <JustDecided state={state} now={now} />
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
      <section id="deliveries" data-live aria-labelledby="deliveries-title">
        <h3 id="deliveries-title">Deliveries</h3>
        <Deliveries state={state} now={now} />
      </section>
      {!isReadOnly && (
        <section id="decide" data-live aria-labelledby="decide-title">
          <h2 id="decide-title">What to do</h2>
          <MessageActions state={state} now={now} />
        </section>
      )}
      <h2>What else is known</h2>
      <section id="timeline" data-live aria-labelledby="timeline-title">
        <h3 id="timeline-title">Timeline</h3>
        <ol class="timeline">
          {timeline.map((entry) => (
            <li class={entry.kind}>
              <Time at={entry.at} /> <span>{describeStep(entry, state.names)}</span>
            </li>
          ))}
        </ol>
      </section>
      <section aria-labelledby="says-title">
        <h3 id="says-title">What it says</h3>
        {content ? <WhatItSays content={content} /> : <p class="soft">{whyNoContent(state)}</p>}
      </section>
      {!isReadOnly && state.shows !== undefined && <EventsShown {...state.shows} />}
      <section aria-labelledby="facts-title">
        <h3 id="facts-title">References</h3>
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
          <Fact name="Trace" value={state.traceId} isCopied />
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
      {title !== undefined && <h4>{title}</h4>}
      {severity !== undefined && <p class="severity">{severity}</p>}
      {mentions !== undefined && (
        <p class="severity">Mentions {mentionedNames(mentions).join(', ')}</p>
      )}
      <div class="text">
        <Markdown text={text} heading={title === undefined ? 'h4' : 'h5'} />
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
      <h3 id="events-title">Events that it shows</h3>
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

/** How long a page shows what somebody has just decided. */
const JUST_MS = 60_000;

const DECIDED: Record<OperatorAction['action'], string> = {
  retry: 'Sent again',
  discard: 'Discarded',
  cancel: 'Cancelled',
  reschedule: 'Rescheduled',
};

/** The result of a decision, also where it has failed again. */
function JustDecided({ now, state }: { state: MessageState; now: Date }) {
  const last = state.operatorActions.at(-1);
  if (!last || now.getTime() - Date.parse(last.at) > JUST_MS) return null;
  const failedAgain =
    last.action === 'retry' && state.deadLetters.some((deadLetter) => deadLetter.at > last.at);
  return (
    <p class="decided" role="status">
      {DECIDED[last.action]}
      {last.by === undefined ? '' : ` by ${last.by}`} <Age at={last.at} now={now} />
      {failedAgain ? ', and it failed again. The sentence below says why.' : '.'}
    </p>
  );
}

function Deliveries({ state, now }: { state: MessageState; now: Date }) {
  return (
    <ul class="cards">
      {state.deliveries.map((delivery) => (
        <li class="card">
          <p class="place">
            <span>
              {labelIn(state, delivery.destination)}
              {delivery.fallbackFor !== undefined && (
                <span class="below">fallback of {labelIn(state, delivery.fallbackFor)}</span>
              )}
            </span>{' '}
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
          <Attempts attempts={delivery.attempts} label={labelIn(state, delivery.destination)} />
        </li>
      ))}
    </ul>
  );
}

function Fact({
  href,
  isCopied = false,
  name,
  value,
}: {
  name: string;
  value: string | undefined;
  href?: string | undefined;
  /** Whether people paste it elsewhere. */
  isCopied?: boolean;
}) {
  if (value === undefined) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {href === undefined ? value : <a href={href}>{value}</a>}
        {isCopied && (
          <>
            {' '}
            <CopyButton text={value} what={name.toLowerCase()} />
          </>
        )}
      </dd>
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
