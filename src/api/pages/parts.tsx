/** What several pages show. */
import type { ComponentChildren } from 'preact';
import type { DeliveryStatus } from '../../domain/delivery.js';
import type { DeliveryState } from '../../domain/messageState.js';
import { formatAge } from '../../explanation/age.js';
import { mayLinkTo } from '../../lib/linkTargets.js';
import { useAddresses } from './addresses.js';
import { useReadOnly } from './readOnly.js';
import { STATUS_WORDS } from './statusWords.js';
import { useViewer } from './viewer.js';

/** The frame of every page. */
export function Page({
  title,
  children,
  search = '',
  signedIn = false,
  refreshMs,
  here,
  isWide = false,
  reloadAfterS,
}: {
  title: string;
  children: ComponentChildren;
  search?: string | undefined;
  /** The path of the entry of the navigation that this page is. */
  here?: string | undefined;
  /** Where there is no script: how often the whole page is loaded again. */
  reloadAfterS?: number | undefined;
  /** Whether tables need more room than text. */
  isWide?: boolean;
  /** Whether there is a session to end. */
  signedIn?: boolean;
  /** How often the parts that are `live` are to be fetched again; undefined: never. */
  refreshMs?: number | undefined;
}) {
  const { at } = useAddresses();
  const isReadOnly = useReadOnly();
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · sendproof`}</title>
        {reloadAfterS !== undefined && (
          <noscript>
            <meta http-equiv="refresh" content={String(reloadAfterS)} />
          </noscript>
        )}
        <link rel="icon" href={at('/assets/icon.svg')} type="image/svg+xml" />
        <link rel="stylesheet" href={at('/assets/style.css')} />
        <script type="module" src={at('/assets/live.js')}></script>
      </head>
      <body data-refresh-ms={refreshMs}>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        {isReadOnly ? (
          <header>
            <span class="brand">sendproof</span>
          </header>
        ) : (
          <Header search={search} signedIn={signedIn} here={here} />
        )}
        <main id="main" class={isWide ? 'wide' : undefined}>
          {children}
        </main>
      </body>
    </html>
  );
}

const NAVIGATION = [
  ['/', 'Overview'],
  ['/messages', 'Messages'],
  ['/dead-letters', 'Dead letters'],
  ['/sources', 'Sources'],
] as const;

/** What leads to the other pages. */
function Header({
  here,
  search,
  signedIn,
}: {
  here: string | undefined;
  search: string;
  signedIn: boolean;
}) {
  const { at } = useAddresses();
  const { person, signOutUrl } = useViewer();
  return (
    <header>
      <a class="brand" href={at('/')}>
        sendproof
      </a>
      <nav aria-label="Pages">
        {NAVIGATION.map(([path, name]) => (
          <a href={at(path)} aria-current={path === here ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <form class="search" action={at('/messages')} role="search">
        <input
          type="search"
          name="q"
          value={search}
          placeholder="PagerDuty 55"
          aria-label="Search messages: source and reference, key, or trace id"
        />
        <button>Search</button>
      </form>
      {person !== undefined && <span class="person">{person}</span>}
      {person !== undefined && signOutUrl !== undefined && <a href={signOutUrl}>Sign out</a>}
      {person === undefined && signedIn && (
        <form action={at('/sign-out')} method="post">
          <button class="plain">Sign out</button>
        </form>
      )}
    </header>
  );
}

export function Status({ status }: { status: DeliveryStatus }) {
  return <span class={`status ${status}`}>{STATUS_WORDS[status]}</span>;
}

/** A time to the second. The script shows the time of the browser's time zone instead, and this one when it is pointed at. */
export function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} class="local">
      {inUtc(at)}
    </time>
  );
}

/** How long ago, or in how long. The time itself is shown when it is pointed at. */
export function Age({ at, now }: { at: string; now: Date }) {
  return (
    <time dateTime={at} title={inUtc(at)}>
      {formatAge(at, now)}
    </time>
  );
}

function inUtc(at: string): string {
  const [day = '', rest = ''] = new Date(at).toISOString().split('T');
  return `${day} ${rest.slice(0, 8)} UTC`;
}

/** Copies a text. Only the script shows it, and does it. @param what as `the key` */
export function CopyButton({ text, what }: { text: string; what: string }) {
  return (
    <button type="button" class="copy plain" data-copy={text} aria-label={`Copy ${what}`}>
      Copy
    </button>
  );
}

/** A number with thousands separators. */
export function Figure({ value }: { value: number }) {
  return <>{value.toLocaleString('en')}</>;
}

export interface Column<Row> {
  name: string;
  cell: (row: Row) => ComponentChildren;
  /** Whether it is what the row is about. */
  isHeading?: boolean;
}

/**
 * A table, of which narrow screens show each row as a card with the names of the columns in it. The roles say what a table loses by
 * that in some browsers.
 */
export function Table<Row>({
  caption,
  columns,
  rows,
}: {
  /** For screen readers. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
}) {
  return (
    <table class="list" role="table">
      <caption class="unseen">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ name }) => (
            <th scope="col" role="columnheader">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr role="row">
            {columns.map(({ cell, isHeading, name }) =>
              isHeading ? (
                <th scope="row" role="rowheader">
                  {cell(row)}
                </th>
              ) : (
                <td role="cell" data-name={name}>
                  {cell(row)}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A link for addresses that come from elsewhere. One that may be no link is text. */
export function OutsideLink({ url, children }: { url: string; children: ComponentChildren }) {
  if (!mayLinkTo(url)) {
    return (
      <span>
        {children}: {url}
      </span>
    );
  }
  return (
    <a href={url} rel="noopener noreferrer external">
      {children}
    </a>
  );
}

/** A sentence, in which the keys of these messages, in quotes as “key”, lead to them. */
export function LinkedKeys({
  text,
  keys,
}: {
  text: string;
  keys: readonly (string | undefined)[];
}) {
  const { ofMessage } = useAddresses();
  const isReadOnly = useReadOnly();
  const known = keys.filter((key) => key !== undefined && text.includes(quoted(key)));
  const [key] = known;
  if (key === undefined || isReadOnly) return <>{text}</>;
  const [before = '', ...after] = text.split(quoted(key));
  return (
    <>
      <LinkedKeys text={before} keys={known.slice(1)} />“<a href={ofMessage(key)}>{key}</a>”
      <LinkedKeys text={after.join(quoted(key))} keys={known} />
    </>
  );
}

function quoted(key: string): string {
  return `“${key}”`;
}

/** The messages of which the explanation of a delivery speaks. */
export function relatedKeys({ stage }: DeliveryState): (string | undefined)[] {
  switch (stage.kind) {
    case 'awaiting_turn':
      return [stage.behind];
    case 'superseded':
      return [stage.by];
    case 'grouped':
      return [stage.message];
    case 'confirmed':
      return [stage.receipt.conversation?.of];
    default:
      return [];
  }
}

/** Where people see a delivery that is confirmed. */
export function PostLink({ delivery: { stage } }: { delivery: DeliveryState }) {
  const { ofMessage } = useAddresses();
  const isReadOnly = useReadOnly();
  if (stage.kind === 'grouped' && stage.message !== undefined) {
    return isReadOnly ? null : <a href={ofMessage(stage.message)}>The message that shows it</a>;
  }
  if (stage.kind !== 'confirmed' || stage.receipt.url === undefined) return null;
  return <OutsideLink url={stage.receipt.url}>See the post</OutsideLink>;
}

/** What a person can do about a message's dead letters; about one of them where `destination` says which. */
export function DecisionForms({
  deduplicationKey,
  destination,
}: {
  deduplicationKey: string;
  destination?: string | undefined;
}) {
  const page = useAddresses().ofMessage(deduplicationKey);
  const { mayDecide } = useViewer();
  if (!mayDecide) return <p>A decision needs the scope “decide”, which you don’t have.</p>;
  const narrowed = destination !== undefined && (
    <input type="hidden" name="destination" value={destination} />
  );
  const about = destination === undefined ? '' : ` to ${destination}`;
  return (
    <div class="decisions">
      <form method="post" action={`${page}/retry`} aria-label={`Retry${about}`}>
        {narrowed}
        <DecidersName />
        <DecisionReason label="What you fixed" />
        <button>Retry</button>
      </form>
      <details>
        <summary>Discard it instead …</summary>
        <form method="post" action={`${page}/discard`} aria-label={`Discard${about}`}>
          {narrowed}
          <DecidersName />
          <DecisionReason label="Why it is not needed" isNeeded />
          <button class="danger">Discard</button>
        </form>
      </details>
    </div>
  );
}

/** Who decides: whoever has signed in, or who the form says. */
export function DecidersName() {
  const { isNameNeeded, person, rememberedName } = useViewer();
  if (person !== undefined) {
    return (
      <label>
        Your name
        <input name="by" value={person} readOnly />
      </label>
    );
  }
  return (
    <label>
      {isNameNeeded ? 'Your name (needed)' : 'Your name'}
      <input
        name="by"
        value={rememberedName}
        autocomplete="name"
        required={isNameNeeded}
        maxLength={1_000}
      />
    </label>
  );
}

/** Why somebody decides so. */
export function DecisionReason({ isNeeded = false, label }: { label: string; isNeeded?: boolean }) {
  return (
    <label>
      {isNeeded ? `${label} (needed)` : label}
      <input name="reason" autocomplete="off" required={isNeeded} maxLength={1_000} />
    </label>
  );
}
