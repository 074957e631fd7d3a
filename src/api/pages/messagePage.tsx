/** One message: what became of it and why, and what a person can do. */
import { explainDelivery } from '../../explanation/delivery.js';
import { explainMessage } from '../../explanation/message.js';
import { describeStep } from '../../explanation/step.js';
import type { TimelineEntry } from '../../explanation/timeline.js';
import { useAddresses } from './addresses.js';
import { DecisionForms, OutsideLink, Page, PostLink, Status, Time } from './parts.js';
import {
  type MessageRecord,
  type MessageState,
  deliveryStatus,
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
  const { ofConversation } = useAddresses();
  return (
    <Page
      title={content.title ?? deduplicationKey}
      signedIn={signedIn}
      refreshMs={state.closedAt === undefined ? OPEN_REFRESH_MS : ENDED_REFRESH_MS}
    >
      <h1 class="key">{deduplicationKey}</h1>
      <section id="why" class="why" aria-live="polite" data-live>
        <p>
          <Status status={state.status} />
        </p>
        <p class="explanation">{explainMessage(state, now)}</p>
      </section>
      <section id="decide" data-live>
        <Decide state={state} />
      </section>
      <section id="deliveries" data-live aria-labelledby="deliveries-title">
        <h2 id="deliveries-title">Deliveries</h2>
        <Deliveries state={state} now={now} />
      </section>
      <section aria-labelledby="says-title">
        <h2 id="says-title">What it says</h2>
        <div class="content">
          {content.title !== undefined && <h3>{content.title}</h3>}
          {content.severity !== undefined && <p class="severity">{content.severity}</p>}
          <p class="text">{content.text}</p>
        </div>
      </section>
      <section id="timeline" data-live aria-labelledby="timeline-title">
        <h2 id="timeline-title">Timeline</h2>
        <ol class="timeline">
          {timeline.map((entry) => (
            <li class={entry.kind}>
              <Time at={entry.at} /> <span>{describeStep(entry)}</span>
            </li>
          ))}
        </ol>
      </section>
      <section aria-labelledby="facts-title">
        <h2 id="facts-title">References</h2>
        <dl>
          <Fact name="Source" value={state.source} />
          <Fact name="Reference" value={state.reference} />
          <Fact
            name="Conversation"
            value={state.conversation?.key}
            href={state.conversation && ofConversation(state.conversation.key)}
          />
          <Fact name="Trace" value={state.traceId} />
        </dl>
        <p class="links">
          {correlation?.url !== undefined && (
            <OutsideLink url={correlation.url}>At the source</OutsideLink>
          )}
          {webUiUrl !== undefined && <OutsideLink url={webUiUrl}>In Temporal’s Web UI</OutsideLink>}
        </p>
      </section>
    </Page>
  );
}

function Decide({ state }: { state: MessageState }) {
  const { deadLetters, deduplicationKey } = state;
  if (deadLetters.length === 0) return null;
  return (
    <div class="card">
      <h2>It waits for you</h2>
      {deadLetters.length === 1 ? (
        <DecisionForms deduplicationKey={deduplicationKey} />
      ) : (
        deadLetters.map(({ destination }) => (
          <div>
            <h3>{destination}</h3>
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
            <span>{delivery.destination}</span> <Status status={deliveryStatus(delivery)} />
          </p>
          {state.deliveries.length > 1 && <p>{explainDelivery(delivery, state, now)}</p>}
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
