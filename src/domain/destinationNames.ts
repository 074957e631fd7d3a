/** What people call destinations, beside the ids that platforms need. */
import { own } from '../lib/own.js';

/** Names by destination, as `names` of the configuration has them. */
export type DestinationNames = Readonly<Record<string, string>>;

/** What is known of one destination, besides how it is written. */
export interface Known {
  names?: DestinationNames | undefined;
  /** The id of the channel that its path stands for, as the platform's receipt has it. */
  channel?: string | undefined;
}

/**
 * A destination as people read it: `Payments team (teams:default/…)` where it has a name, `slack:default/#ops (C0123ABC)` where
 * it is written with a name and the id is known, and otherwise as it is written.
 */
export function labelOf(destination: string, { channel, names }: Known = {}): string {
  const name = names && own(names, destination);
  const id = channel === undefined || destination.endsWith(`/${channel}`) ? undefined : channel;
  const ids = [name === undefined ? undefined : destination, id].filter(
    (part) => part !== undefined,
  );
  return [name ?? destination, ids.length > 0 && `(${ids.join(', ')})`].filter(Boolean).join(' ');
}

/** A destination by its name alone; as it is written where it has none. */
export function nameOf(destination: string, names: DestinationNames | undefined): string {
  return (names && own(names, destination)) ?? destination;
}

/** Those of the names that these destinations have; undefined where they have none. */
export function namesAmong(
  destinations: readonly string[],
  names: DestinationNames,
): DestinationNames | undefined {
  const known = destinations.flatMap((destination) => {
    const name = own(names, destination);
    return name === undefined ? [] : [[destination, name] as const];
  });
  return known.length === 0 ? undefined : Object.fromEntries(known);
}
