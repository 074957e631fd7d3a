/** To which destinations, and for which sources, a caller may send and decide. */
import { unroutablePlace } from '../acceptance/acceptUnroutable.js';
import type { Configuration } from '../config/configuration.js';
import type { Limit } from '../config/keys.js';
import { deciderText } from '../domain/decider.js';
import type { SourceEvent } from '../domain/event.js';
import { allDestinations, type Message, type Route } from '../domain/message.js';
import { shortenText } from '../lib/cutText.js';
import { chooseRoutes } from '../routing/chooseRoutes.js';
import { notAllowed, type Caller } from './caller.js';

/** @param place where the message is in the request, as `messages.3`; throws a Problem that names what is not allowed */
export function assertMaySend(
  caller: Caller,
  { correlation, destinations }: Pick<Message, 'correlation' | 'destinations'>,
  place?: string,
): void {
  const act = place === undefined ? 'may not send' : `may not send ${place}`;
  assertDestinations(caller, allDestinations(destinations), `${act} to`);
  assertSource(caller, correlation?.source, act, 'correlation.source');
}

/**
 * An event goes where its routes lead, so each of them must be one that the caller may send to. Where no route takes it, people see it
 * elsewhere.
 */
export function assertMaySendEvent(
  caller: Caller,
  event: SourceEvent,
  configuration: Pick<Configuration, 'operators' | 'routes' | 'sources'>,
): void {
  assertSource(caller, event.source, 'may not send events', 'source');
  if (!caller.destinations) return;
  const taking = chooseRoutes(configuration.routes, event).filter(
    ({ mismatch }) => mismatch === undefined,
  );
  for (const { route } of taking) {
    const what = `may not send to where the route ${route.name} leads,`;
    assertDestinations(caller, allDestinations(route.to), what);
  }
  const place = taking.length === 0 ? unroutablePlace(configuration, event) : undefined;
  if (place) assertMayShowUnroutable(caller, place);
}

/** @param place where people see an event that no route takes, or none can be used for */
export function assertMayShowUnroutable(caller: Caller, place: readonly Route[]): void {
  const what = 'may not send to where an event goes that no route can show,';
  assertDestinations(caller, allDestinations(place), what);
}

export function assertMayDecide(
  caller: Caller,
  { destinations, source }: { destinations: readonly string[]; source: string | undefined },
): void {
  assertDestinations(caller, destinations, 'may not decide on');
  assertSource(caller, source, 'may not decide', 'correlation.source');
}

/** On all that match a filter. A filter tells destinations apart, but no sources. */
export function assertMayDecideOnAll(caller: Caller, destinations: readonly string[]): void {
  const what = 'may not decide on';
  assertDestinations(caller, destinations, what, ' Name a destination in the filter.');
  if (!caller.sources) return;
  throw notAllowed(
    caller,
    `is limited to sources, which a filter doesn’t tell apart. Decide on its messages one by one. It may for: ${listed(caller.sources)}.`,
  );
}

/**
 * Who decides, for history: the caller by its name, with the name that the request gives beside it. Undefined where neither has
 * one.
 */
export function decidedBy(
  { decidesByName, name }: Caller,
  claimed: string | undefined,
): string | undefined {
  // It must not look like the name of a key.
  if (!decidesByName) return claimed?.replaceAll(' (claimed: ', ' (');
  if (claimed === undefined || claimed === name) return name;
  return deciderText({ by: name, claimedBy: shortenText(claimed, LONGEST_CLAIM) });
}

/** With the name of the caller, as long as a name in history may be. */
const LONGEST_CLAIM = 900;

/** The name in the message's memo; undefined where no keys are configured, so that nobody has a name. */
export function senderName({ kind, name }: Caller): string | undefined {
  return kind === 'open' ? undefined : name;
}

function assertDestinations(
  caller: Caller,
  destinations: readonly string[],
  what: string,
  remedy = '',
): void {
  const limit = caller.destinations;
  const refused = limit && destinations.find((each) => !limit.allows(each));
  if (refused === undefined) return;
  throw notAllowed(caller, `${what} ${refused}. It may for: ${listed(limit)}.${remedy}`);
}

function assertSource(
  caller: Caller,
  source: string | undefined,
  act: string,
  field: string,
): void {
  const limit = caller.sources;
  if (!limit || (source !== undefined && limit.allows(source))) return;
  const which =
    source === undefined
      ? `without a source: ${field} must be one of its own`
      : `for the source "${source}"`;
  throw notAllowed(caller, `${act} ${which}. It may for: ${listed(limit)}.`);
}

/** An answer must not grow with the configuration. */
const MOST_NAMED = 10;

function listed(limit: Limit | undefined): string {
  const patterns = limit?.patterns ?? [];
  const more = patterns.length - MOST_NAMED;
  return [...patterns.slice(0, MOST_NAMED), ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}
