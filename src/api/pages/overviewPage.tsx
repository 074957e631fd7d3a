/** The overview: is all well, what needs a decision, and how long a message takes now. */
import { describeEstimate, type Trouble } from '../../explanation/installation.js';
import type { AccountId } from '../../domain/account.js';
import { estimateDelivery, type AccountQueue } from '../../domain/deliveryEstimate.js';
import { REMEDIES } from '../../domain/remedies.js';
import { formatDuration } from '../../lib/formatDuration.js';
import type { EndedMessages, TimeToConfirm } from '../../store/overview/endedMessages.js';
import type { OpenDeadLetters } from '../../store/overview/openDeadLetters.js';
import { DAY_MS, type InstallationOverview, type MessageOverview } from '../overview.js';
import { useAddresses } from './addresses.js';
import { OutcomeChart } from './outcomeChart.js';
import { Age, Figure, Page, Table, Time } from './parts.js';

const REFRESH_MS = 10_000;

export interface SourceOverview {
  name: string;
  type: string;
  /** ISO 8601: when its newest message was accepted, as far as is known. */
  lastMessageAt: string | undefined;
  /** ISO 8601: when this process received its last request. */
  lastRequestAt: string | undefined;
}

export interface ShownAccount {
  id: AccountId;
  queue: AccountQueue | undefined;
}

export function OverviewPage({
  accounts,
  installation,
  isOfTenant,
  messages,
  now,
  signedIn,
  sources,
  troubles,
}: {
  /** Those that the viewer may send to. */
  accounts: readonly ShownAccount[];
  installation: InstallationOverview;
  /** Then nothing is shown that counts the messages of others. */
  isOfTenant: boolean;
  /** Undefined where Temporal doesn't answer: `troubles` says so. */
  messages: MessageOverview | undefined;
  now: Date;
  signedIn: boolean;
  sources: readonly SourceOverview[];
  troubles: readonly Trouble[];
}) {
  return (
    <Page title="Overview" here="/" signedIn={signedIn} refreshMs={REFRESH_MS} isWide>
      <section id="verdict" data-live aria-live="polite">
        <Verdict troubles={troubles} />
        {messages && (
          <p class="soft">
            As of <Time at={messages.at} />
          </p>
        )}
      </section>
      {messages && <Messages messages={messages} now={now} />}
      <section id="accounts" data-live aria-labelledby="accounts-title">
        <h2 id="accounts-title">Accounts</h2>
        <Accounts accounts={accounts} isOfTenant={isOfTenant} />
      </section>
      <section id="parts" data-live aria-labelledby="parts-title">
        <h2 id="parts-title">Workers and Temporal</h2>
        <Parts installation={installation} isReachable={messages !== undefined} />
      </section>
      {messages && (
        <section id="sources" data-live aria-labelledby="sources-title">
          <h2 id="sources-title">Sources</h2>
          <Sources sources={sources} ended={messages.ended} now={now} />
        </section>
      )}
    </Page>
  );
}

function Verdict({ troubles }: { troubles: readonly Trouble[] }) {
  const { at } = useAddresses();
  if (troubles.length === 0) return <h1 class="verdict well">All is well</h1>;
  return (
    <>
      <h1 class="verdict">
        {troubles.length === 1
          ? 'One thing needs attention'
          : `${troubles.length} things need attention`}
      </h1>
      <ul class="troubles">
        {troubles.map(({ path, text }) => (
          <li>{path === undefined ? text : <a href={at(path)}>{text}</a>}</li>
        ))}
      </ul>
    </>
  );
}

function Messages({ messages, now }: { messages: MessageOverview; now: Date }) {
  const { at, deadLetters, ended, outcomes } = messages;
  const since = new Date(Date.parse(at) - DAY_MS).toISOString();
  return (
    <>
      <section id="outcomes" data-live aria-labelledby="outcomes-title">
        <h2 id="outcomes-title">Messages of the last 24 hours</h2>
        <OutcomeChart counts={outcomes} since={since} />
        <TimesToConfirm times={ended.timeToConfirm} isComplete={ended.isComplete} />
      </section>
      <section id="decisions" data-live aria-labelledby="decisions-title">
        <h2 id="decisions-title">Needs a decision</h2>
        <Decisions deadLetters={deadLetters} now={now} />
      </section>
    </>
  );
}

function TimesToConfirm({
  isComplete,
  times,
}: {
  isComplete: boolean;
  times: TimeToConfirm | undefined;
}) {
  if (!times) return <p>No message was confirmed in the last 24 hours.</p>;
  const { count, p50Ms, p95Ms } = times;
  const which = isComplete ? 'in the last 24 hours' : 'last';
  return (
    <>
      <dl class="figures">
        <div>
          <dt>Time to confirm, median</dt>
          <dd>{formatDuration(p50Ms)}</dd>
        </div>
        <div>
          <dt>Time to confirm, 95 %</dt>
          <dd>{formatDuration(p95Ms)}</dd>
        </div>
      </dl>
      <p class="soft">
        Of the <Figure value={count} /> {count === 1 ? 'message' : 'messages'} confirmed {which},
        from the time to post until every destination has it. Waiting for a decision counts.
      </p>
    </>
  );
}

function Decisions({ deadLetters, now }: { deadLetters: OpenDeadLetters; now: Date }) {
  const { at } = useAddresses();
  const { isComplete, oldest, reasons, summary } = deadLetters;
  if (oldest === undefined) return <p>Nothing needs a decision.</p>;
  return (
    <>
      <p>
        {!isComplete && 'More than '}
        <strong>
          <Figure value={summary.deadLetters} />
        </strong>{' '}
        dead {summary.deadLetters === 1 ? 'letter' : 'letters'} of{' '}
        <Figure value={summary.messages} /> {summary.messages === 1 ? 'message' : 'messages'}; the
        oldest {isComplete ? '' : 'of these '}
        <Age at={oldest} now={now} />.
      </p>
      <Table
        caption="Dead letters by reason"
        rows={reasons}
        columns={[
          {
            name: 'Reason',
            isHeading: true,
            cell: ({ reason }) => (
              <a href={at(`/dead-letters?${new URLSearchParams({ reason }).toString()}`)}>
                {reason.replaceAll('_', ' ')}
              </a>
            ),
          },
          { name: 'Dead letters', cell: ({ count }) => <Figure value={count} /> },
          { name: 'Oldest', cell: (each) => <Age at={each.oldest} now={now} /> },
          { name: 'Remedy', cell: ({ reason }) => REMEDIES[reason] },
        ]}
      />
    </>
  );
}

function Accounts({
  accounts,
  isOfTenant,
}: {
  accounts: readonly ShownAccount[];
  isOfTenant: boolean;
}) {
  if (accounts.length === 0) return <p>The configuration has no account. Add one to “accounts”.</p>;
  return (
    <Table
      caption="Accounts"
      rows={accounts}
      columns={[
        { name: 'Account', isHeading: true, cell: ({ id }) => id },
        { name: 'State', cell: ({ queue }) => <AccountState queue={queue} /> },
        {
          name: 'A message sent now is delivered',
          cell: ({ queue }) => (queue ? describeEstimate(estimateDelivery(queue)) : 'unknown'),
        },
        ...(isOfTenant
          ? []
          : [
              {
                name: 'Waiting',
                cell: ({ queue }: ShownAccount) => (queue ? <Figure value={queue.backlog} /> : '–'),
              },
              { name: 'Pace', cell: ({ queue }: ShownAccount) => (queue ? paceOf(queue) : '–') },
            ]),
      ]}
    />
  );
}

function AccountState({ queue }: { queue: AccountQueue | undefined }) {
  if (!queue) return <span class="status">not known</span>;
  const { heldBack, workers } = queue;
  if (heldBack !== undefined) {
    return (
      <>
        <span class="status dead_lettered">held back</span> {heldBack}
      </>
    );
  }
  return workers === 0 ? (
    <span class="status expired">no worker</span>
  ) : (
    <span class="status confirmed">working</span>
  );
}

/** As `0.8/s, at most 1/s`. */
function paceOf({ limitPerSecond, pacePerSecond }: AccountQueue): string {
  const pace = `${perSecond(pacePerSecond)} now`;
  if (limitPerSecond === undefined || limitPerSecond === 0) return pace;
  return `${pace}, at most ${perSecond(limitPerSecond)}`;
}

function perSecond(rate: number): string {
  return `${Number(rate.toPrecision(2)).toLocaleString('en')}/s`;
}

function Parts({
  installation: { workers, writeFault },
  isReachable,
}: {
  installation: InstallationOverview;
  isReachable: boolean;
}) {
  return (
    <dl class="figures">
      <div>
        <dt>Temporal</dt>
        <dd>
          {!isReachable
            ? 'does not answer'
            : writeFault === undefined
              ? 'accepts messages'
              : 'accepts no messages'}
        </dd>
      </div>
      <div>
        <dt>Workers that poll</dt>
        <dd>{workers === undefined ? 'not known' : <Figure value={workers} />}</dd>
      </div>
    </dl>
  );
}

function Sources({
  ended,
  now,
  sources,
}: {
  ended: EndedMessages;
  now: Date;
  sources: readonly SourceOverview[];
}) {
  const { at } = useAddresses();
  if (sources.length === 0) {
    return <p>The configuration has no source that receives requests.</p>;
  }
  const none = ended.isComplete
    ? 'none ended in the last 24 hours'
    : 'none among the newest that ended';
  return (
    <Table
      caption="Sources"
      rows={sources}
      columns={[
        {
          name: 'Source',
          isHeading: true,
          cell: ({ name, type }) => (
            <>
              <a href={at(`/messages?${new URLSearchParams({ source: name }).toString()}`)}>
                {name}
              </a>{' '}
              <span class="soft">{type}</span>
            </>
          ),
        },
        {
          name: 'Last message',
          cell: ({ lastMessageAt }) =>
            lastMessageAt === undefined ? none : <Age at={lastMessageAt} now={now} />,
        },
        {
          name: 'Last request to this process',
          cell: ({ lastRequestAt }) =>
            lastRequestAt === undefined ? 'none' : <Age at={lastRequestAt} now={now} />,
        },
      ]}
    />
  );
}
