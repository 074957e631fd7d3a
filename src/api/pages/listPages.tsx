/** Lists of messages: the search, and what needs a decision. */
import { REMEDIES } from '../../domain/remedies.js';
import type { MessageSummary } from '../../domain/messageState.js';
import type { MessagePage } from '../../store/search/messageSearch.js';
import { TABS, type Tab, type TabCounts } from '../messageTabs.js';
import { useAddresses } from './addresses.js';
import { Filters, isNarrowed, NextPage, type Choices, type ListFields } from './filters.js';
import { DeadLetterLine, MessageTable, StatusAndReason } from './messageTable.js';
import { Figure, OutsideLink, Page } from './parts.js';
import { useViewer } from './viewer.js';

const REFRESH_MS = 5_000;

const TAB_NAMES: Record<Tab, string> = {
  needs_action: 'Needs action',
  under_way: 'Waiting',
  delayed: 'Retrying or late',
  scheduled: 'Scheduled',
  all: 'All',
};

/** Said where a list has nothing. */
const NOTHING: Record<Tab, string> = {
  needs_action: 'Nothing needs a decision.',
  under_way: 'Nothing waits.',
  delayed: 'No message has been under way for over a minute.',
  scheduled: 'No message is scheduled for later.',
  all: 'There are no messages yet.',
};

/** What is known of a key that was searched for, and that no message has. */
export interface UnknownKey {
  explanation: string;
  similarKeys: readonly string[];
}

export function SearchPage({
  choices,
  counts,
  fields,
  found,
  now,
  signedIn,
  tab,
  unknownKey,
}: {
  choices: Choices;
  counts: TabCounts;
  found: MessagePage;
  fields: ListFields;
  now: Date;
  signedIn: boolean;
  tab: Tab;
  unknownKey: UnknownKey | undefined;
}) {
  const { q } = fields;
  return (
    <Page
      title={q === undefined ? 'Messages' : `Messages for “${q}”`}
      here="/messages"
      search={q}
      {...{ signedIn }}
      refreshMs={REFRESH_MS}
      isWide
    >
      <h1>{q === undefined ? 'Messages' : `Messages for “${q}”`}</h1>
      <Tabs counts={counts} tab={tab} />
      <Filters
        {...{ choices, fields }}
        path="/messages"
        kept={['tab', 'q', 'conversation', 'reference', 'traceId', 'since', 'until']}
        withStatus={tab === 'all'}
      />
      <section id="found" data-live>
        {found.messages.length === 0 ? (
          <NothingFound {...{ fields, tab, unknownKey }} isAll={found.cursor === undefined} />
        ) : (
          <MessageTable
            caption="Messages"
            messages={found.messages}
            now={now}
            last={{
              name: 'Status',
              cell: (message) => <StatusAndReason message={message} now={now} />,
            }}
          />
        )}
        <NextPage path="/messages" fields={fields} cursor={found.cursor} />
      </section>
    </Page>
  );
}

/** The lists, each with the number of its messages; other filters don't count here. */
function Tabs({ counts, tab }: { counts: TabCounts; tab: Tab }) {
  const { at } = useAddresses();
  return (
    <nav id="tabs" class="tabs" aria-label="Lists" data-live>
      {TABS.map((each) => (
        <a
          href={at(each === 'all' ? '/messages' : `/messages?tab=${each}`)}
          aria-current={each === tab ? 'page' : undefined}
        >
          {TAB_NAMES[each]}{' '}
          <span class="count">
            <Figure value={counts[each]} />
          </span>
        </a>
      ))}
    </nav>
  );
}

function NothingFound({
  fields,
  isAll,
  tab,
  unknownKey,
}: {
  fields: ListFields;
  /** Whether nothing is left to look at. */
  isAll: boolean;
  tab: Tab;
  unknownKey: UnknownKey | undefined;
}) {
  const { at, ofMessage } = useAddresses();
  if (!isAll) return <p>No message was found among the newest.</p>;
  if (unknownKey) {
    return (
      <>
        <p>No message was found.</p>
        <p>{unknownKey.explanation}</p>
        <ul>
          {unknownKey.similarKeys.map((key) => (
            <li>
              <a href={ofMessage(key)}>{key}</a>
            </li>
          ))}
        </ul>
      </>
    );
  }
  if (isWholeList(fields)) return <p>{NOTHING[tab]}</p>;
  return (
    <p>
      No message was found. <a href={at('/messages')}>Show all messages</a>
    </p>
  );
}

/** A later page may have been emptied since the one before it was shown. */
function isWholeList(fields: ListFields): boolean {
  return !isNarrowed(fields) && fields.cursor === undefined;
}

/** The field of a row’s box: a name for each, since a form has each name once. */
export const CHOSEN = 'message-';

export function DeadLettersPage({
  choices,
  fields,
  found,
  now,
  signedIn,
  webUiUrl,
}: {
  choices: Choices;
  found: MessagePage;
  fields: ListFields;
  now: Date;
  signedIn: boolean;
  /** The same list in Temporal's Web UI. */
  webUiUrl?: string | undefined;
}) {
  const { at } = useAddresses();
  const { mayDecide } = useViewer();
  const { messages } = found;
  return (
    <Page title="Dead letters" here="/dead-letters" {...{ signedIn }} refreshMs={REFRESH_MS} isWide>
      <h1>Dead letters</h1>
      <p>
        A dead letter could not be delivered. Retry or discard it; it is kept until somebody
        decides.
      </p>
      <Filters {...{ choices, fields }} path="/dead-letters" kept={[]} withStatus={false} />
      <form method="post" action={at('/dead-letters/decide')} aria-label="Decide on dead letters">
        <FilterField name="destination" value={fields.destination} />
        <FilterField name="reason" value={fields.reason} />
        <section id="found" data-live>
          {messages.length === 0 ? (
            <NoDeadLetter fields={fields} />
          ) : (
            <MessageTable
              caption="Dead letters"
              messages={messages}
              now={now}
              before={mayDecide ? [{ name: 'Choose', cell: chooser(messages) }] : []}
              last={{
                name: 'Why',
                cell: (message) => <Reasons message={message} now={now} />,
              }}
            />
          )}
          <NextPage path="/dead-letters" fields={fields} cursor={found.cursor} />
        </section>
        <section id="bulk" class={mayDecide ? 'bulk' : undefined} aria-label="Decide" data-live>
          {messages.length > 0 && <BulkButtons isFiltered={isNarrowed(fields)} />}
        </section>
      </form>
      {webUiUrl !== undefined && (
        <p class="links">
          <OutsideLink url={webUiUrl}>The same list in Temporal’s Web UI</OutsideLink>
        </p>
      )}
    </Page>
  );
}

function NoDeadLetter({ fields }: { fields: ListFields }) {
  const { at } = useAddresses();
  if (isWholeList(fields)) return <p>{NOTHING.needs_action}</p>;
  return (
    <p>
      No dead letter was found. <a href={at('/dead-letters')}>Show all dead letters</a>
    </p>
  );
}

/** What “all” means in the form: all that the list shows. */
function FilterField({ name, value }: { name: string; value: string | undefined }) {
  if (value === undefined) return null;
  return <input type="hidden" name={`filter-${name}`} value={value} />;
}

function chooser(messages: readonly MessageSummary[]) {
  return (message: MessageSummary) => (
    <input
      type="checkbox"
      name={`${CHOSEN}${messages.indexOf(message)}`}
      value={message.deduplicationKey}
      aria-label={`Choose ${message.title ?? message.deduplicationKey}`}
    />
  );
}

function Reasons({ message, now }: { message: MessageSummary; now: Date }) {
  const { deadLetters } = message;
  const remedies = new Set(deadLetters.map(({ reason }) => REMEDIES[reason]));
  return (
    <>
      {deadLetters.map((deadLetter) => (
        <DeadLetterLine {...{ deadLetter, message, now }} />
      ))}
      {[...remedies].map((remedy) => (
        <span class="below">{remedy}</span>
      ))}
    </>
  );
}

/** Nothing is decided by them: the next page says how many it is about, and asks who decides and why. */
function BulkButtons({ isFiltered }: { isFiltered: boolean }) {
  const { mayDecide } = useViewer();
  if (!mayDecide) return <p>A decision needs the scope “decide”, which you don’t have.</p>;
  const all = isFiltered ? 'all that match' : 'all';
  return (
    <>
      <button name="decision" value="retry-chosen">
        Retry the chosen …
      </button>
      <button name="decision" value="discard-chosen" class="danger">
        Discard the chosen …
      </button>
      <button name="decision" value="retry-all" class="plain">
        Retry {all} …
      </button>
      <button name="decision" value="discard-all" class="plain">
        Discard {all} …
      </button>
    </>
  );
}
