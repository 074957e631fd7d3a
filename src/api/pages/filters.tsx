/** The filters of the lists: plain forms, whose fields stand in the address of the page. */
import type { ComponentChildren } from 'preact';
import { FAILURE_REASONS, MESSAGE_STATUSES } from '../../domain/delivery.js';
import { useAddresses } from './addresses.js';
import { SOUGHT_WORDS } from './statusWords.js';

/** The fields of a list as the page's address has them. */
export type ListFields = Record<string, string>;

/** What the filters offer. */
export interface Choices {
  /** By destination, what people call it; the same text where it has no name. */
  destinations: readonly (readonly [destination: string, name: string])[];
  sources: readonly string[];
}

/** How far back a list goes. */
export const RANGES = {
  '1h': { name: 'the last hour', ms: 3_600_000 },
  '24h': { name: 'the last 24 hours', ms: 86_400_000 },
  '7d': { name: 'the last 7 days', ms: 7 * 86_400_000 },
} as const;
export type Range = keyof typeof RANGES;

/** `accepted` is for a moment, and Temporal’s visibility doesn’t tell it from `delivering`. */
const STATUSES = MESSAGE_STATUSES.filter((status) => status !== 'accepted');

/** These say which list it is, and which part of it; all others narrow it. */
const OF_THE_LIST = new Set(['tab', 'cursor', 'limit']);

export function isNarrowed(fields: ListFields): boolean {
  return Object.keys(fields).some((name) => !OF_THE_LIST.has(name));
}

/**
 * @param withStatus whether the list has messages of several statuses
 * @param kept fields that stay as they are
 */
export function Filters({
  choices,
  fields,
  kept,
  path,
  withStatus,
}: {
  choices: Choices;
  fields: ListFields;
  kept: readonly string[];
  path: string;
  withStatus: boolean;
}) {
  const { at } = useAddresses();
  const tab =
    fields.tab === undefined ? '' : `?${new URLSearchParams({ tab: fields.tab }).toString()}`;
  return (
    <form class="filters" action={at(path)} aria-label="Filters">
      {Object.entries(fields)
        .filter(([name]) => kept.includes(name))
        .map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
      {path === '/messages' && (
        <>
          <Choice name="range" label="Accepted in" chosen={fields.range} anything="any time">
            {Object.entries(RANGES).map(([value, { name }]) => [value, name] as const)}
          </Choice>
          <Offered name="source" label="Source" value={fields.source} hint="any source">
            {choices.sources.map((source) => [source, source] as const)}
          </Offered>
        </>
      )}
      {withStatus && (
        <Choice name="status" label="Status" chosen={fields.status} anything="any status">
          {STATUSES.map((status) => [status, SOUGHT_WORDS[status]] as const)}
        </Choice>
      )}
      <Choice name="reason" label="Reason" chosen={fields.reason} anything="any reason">
        {FAILURE_REASONS.map((reason) => [reason, reason.replaceAll('_', ' ')] as const)}
      </Choice>
      <Offered
        name="destination"
        label="Destination"
        value={fields.destination}
        hint="any destination"
      >
        {choices.destinations}
      </Offered>
      <button>Show</button>
      {isNarrowed(fields) && <a href={at(path + tab)}>Clear filters</a>}
    </form>
  );
}

type Option = readonly [value: string, name: string];

function Choice({
  anything,
  children,
  chosen,
  label,
  name,
}: {
  name: string;
  label: string;
  /** What no choice means. */
  anything: string;
  chosen: string | undefined;
  children: readonly Option[];
}) {
  return (
    <label>
      {label}
      <select name={name}>
        <option value="">{anything}</option>
        {children.map(([value, text]) => (
          <option value={value} selected={value === chosen}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A field that offers what is known, and takes everything else too. */
function Offered({
  children,
  hint,
  label,
  name,
  value,
}: {
  name: string;
  label: string;
  hint: string;
  value: string | undefined;
  children: readonly Option[];
}): ComponentChildren {
  const list = `${name}-choices`;
  return (
    <>
      <label>
        {label}
        <input name={name} value={value} list={list} placeholder={hint} autocomplete="off" />
      </label>
      <datalist id={list}>
        {children.map(([option, text]) => (
          <option value={option}>{text}</option>
        ))}
      </datalist>
    </>
  );
}

export function NextPage({
  cursor,
  fields,
  path,
}: {
  path: string;
  fields: ListFields;
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
