/** Statuses and destinations as people read them. */
import type { DeliveryStatus } from '../domain/delivery.js';
import { labelOf, nameOf, type DestinationNames } from '../domain/destinationNames.js';
import type { Display, Format } from './output.js';

const STATUS_FORMATS: Record<DeliveryStatus | 'queued', Format> = {
  queued: 'cyan',
  accepted: 'cyan',
  delivering: 'cyan',
  confirmed: 'green',
  dead_lettered: 'red',
  discarded: 'yellow',
  expired: 'yellow',
  cancelled: 'yellow',
  muted: 'yellow',
  grouped: 'green',
  superseded: 'gray',
  standby: 'gray',
};

export function formatStatus(status: DeliveryStatus | 'queued', { style }: Display): string {
  return style(STATUS_FORMATS[status], status);
}

/** In a table: by its name, and with `--wide` by what it is written as, too. */
export function formatDestination(
  destination: string,
  names: DestinationNames | undefined,
  { isWide }: Display,
): string {
  return isWide ? labelOf(destination, { names }) : nameOf(destination, names);
}

/** As many as the pages show. */
const MOST_DESTINATIONS = 3;

/** In a table: the first of many, and with `--wide` all. */
export function formatDestinations(
  destinations: readonly string[],
  names: DestinationNames | undefined,
  display: Display,
): string {
  const shown = display.isWide ? destinations : destinations.slice(0, MOST_DESTINATIONS);
  const more = destinations.length - shown.length;
  const listed = shown.map((each) => formatDestination(each, names, display)).join(', ');
  return more === 0 ? listed : `${listed} and ${more} more`;
}
