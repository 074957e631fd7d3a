/** A route: which events it takes, where they go and how. One entry of `routes:` in `sendproof.yaml`. */
import { z } from 'zod';
import type { SourceEvent } from '../domain/event.js';
import { routesSchema, type Route } from '../domain/message.js';
import { compileMatch, matchSchema } from './match.js';

const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'may have up to 63 letters, digits, _ . and -');

export const routeSchema = z.strictObject({
  name: nameSchema,
  match: matchSchema.optional(),
  to: routesSchema,
  /** Whether the routes after this one are tried, too. */
  continue: z.boolean().default(false),
});

/** A route, ready for events. */
export interface EventRoute {
  name: string;
  to: Route[];
  continue: boolean;
  /** Undefined where the route takes the event; otherwise why it doesn't. */
  mismatch(event: SourceEvent): string | undefined;
}

export function compileRoute(settings: z.output<typeof routeSchema>): EventRoute {
  const { match = {}, ...rest } = settings;
  return { ...rest, mismatch: compileMatch(match) };
}
