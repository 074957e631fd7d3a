import type { SourceEvent } from '../domain/event.js';
import type { EventRoute } from './route.js';

/** What a route says of an event, in the order of the configuration. */
export interface Choice {
  route: EventRoute;
  /** Why the route doesn't take the event. */
  mismatch?: string | undefined;
}

/** What each route says, up to the first that takes the event and doesn't continue. */
export function chooseRoutes(routes: readonly EventRoute[], event: SourceEvent): Choice[] {
  const choices: Choice[] = [];
  for (const route of routes) {
    const mismatch = route.mismatch(event);
    choices.push({ route, mismatch });
    if (mismatch === undefined && !route.continue) break;
  }
  return choices;
}
