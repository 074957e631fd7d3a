/** A route: which events it takes, where they go and how. One entry of `routes:` in `sendproof.yaml`. */
import { z } from 'zod';
import type { SourceEvent } from '../domain/event.js';
import {
  acknowledgeSchema,
  CONVERSATION_MODES,
  messageSchema,
  routesSchema,
  type ConversationMode,
  type Message,
  type Route,
} from '../domain/message.js';
import { durationMs, durationUpTo } from '../lib/duration.js';
import { compileCondition, ConditionFault, type WhenCheck } from './condition.js';
import { compileMatch, matchSchema } from './match.js';
import { compileGroup, groupSchema, type Grouping } from './group.js';
import { compileMute, muteSchema, type MuteCheck } from './mute.js';

const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'may have up to 63 letters, digits, _ . and -');

const whenSchema = z.string().transform((expression, context): WhenCheck => {
  try {
    return compileCondition(expression);
  } catch (error) {
    if (!(error instanceof ConditionFault)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
    return z.NEVER;
  }
});

const { onAmbiguous, priority, retryProfile } = messageSchema.shape;

export const routeSchema = z
  .strictObject({
    name: nameSchema,
    match: matchSchema.default([]),
    /** In CEL. Both `match` and `when` must take the event. */
    when: whenSchema.optional(),
    to: routesSchema,
    /** Of `templates`: how the event is shown. */
    template: z.string().optional(),
    /** Whether the routes after this one are tried, too. */
    continue: z.boolean().default(false),
    priority,
    retryProfile,
    onAmbiguous,
    /** How long after its arrival an event is still posted. */
    expireAfter: durationUpTo('366d').optional(),
    /**
     * What becomes of an event that comes again with its key: nothing, or a new message when so much time has passed since the
     * first one.
     */
    repeats: z.enum(['drop', 'remind']).default('drop'),
    remindAfter: durationMs.optional(),
    mute: muteSchema.optional(),
    /** Who is notified of what became of the route's messages; by default, as the source says. */
    acknowledge: acknowledgeSchema.optional(),
    group: groupSchema.optional(),
    /** How an event is shown whose conversation has a post already. */
    conversation: z
      .strictObject({
        mode: z.enum([...CONVERSATION_MODES, 'off']).default('update'),
        broadcast: z.boolean().default(false),
      })
      .prefault({}),
  })
  .superRefine(({ remindAfter, repeats }, context) => {
    if ((repeats === 'remind') === (remindAfter !== undefined)) return;
    const message =
      repeats === 'remind'
        ? 'is needed with "repeats: remind": the time after which an event that comes again is posted again'
        : 'has no effect without "repeats: remind"';
    context.addIssue({ code: 'custom', path: ['remindAfter'], message });
  });
export type RouteSettings = z.output<typeof routeSchema>;

/** A route, ready for events. */
export interface EventRoute extends Pick<
  Message,
  'acknowledge' | 'onAmbiguous' | 'priority' | 'retryProfile'
> {
  name: string;
  to: Route[];
  /** The name of the template; undefined: the default content. */
  template?: string | undefined;
  continue: boolean;
  expireAfterMs: number | undefined;
  /** Set where an event that comes again is posted again after this time. */
  remindAfterMs: number | undefined;
  /** Undefined where its events are posts of their own. */
  conversationMode: ConversationMode | undefined;
  /** Whether answers in a thread are shown in the channel, too. */
  broadcast: boolean;
  /** Undefined where each event has a message of its own. */
  group: Grouping | undefined;
  /** Undefined where the route takes the event; otherwise why it doesn't. Never throws. */
  mismatch(event: SourceEvent): string | undefined;
  /** Set where the route takes the event but does not post it at this time. */
  muted: MuteCheck;
}

export function compileRoute(settings: RouteSettings): EventRoute {
  const { conversation, expireAfter, group, match, mute, remindAfter, template, when } = settings;
  const { acknowledge, name, onAmbiguous, priority, retryProfile, to } = settings;
  const mismatchOfMatch = compileMatch(match);
  return {
    name,
    to,
    template,
    continue: settings.continue,
    priority,
    retryProfile,
    onAmbiguous,
    acknowledge,
    expireAfterMs: expireAfter,
    remindAfterMs: remindAfter,
    conversationMode: conversation.mode === 'off' ? undefined : conversation.mode,
    broadcast: conversation.broadcast,
    group: group && compileGroup(group, name),
    mismatch: (event) => mismatchOfMatch(event) ?? when?.(event),
    muted: mute ? compileMute(mute) : () => undefined,
  };
}
