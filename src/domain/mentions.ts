/** Whom a message mentions. Only this does: no text mentions anyone. */
import { z } from 'zod';

export const MENTION_KINDS = ['users', 'groups', 'here', 'channel'] as const;
export type MentionKind = (typeof MENTION_KINDS)[number];

/** Of people and of groups each: more is a broadcast by other means. */
const MOST_MENTIONED = 20;

const EMAIL =
  /^[A-Za-z0-9.!#$%&'*+/=?^_{}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}$/;
const ID = /^[A-Za-z0-9-]{2,64}$/;

/** Whether a name of a person is an e-mail address, rather than a platform's id. */
export function isEmail(name: string): boolean {
  return EMAIL.test(name);
}

const listOf = (form: RegExp, what: string) =>
  z
    .array(z.string().regex(form, `must be ${what}`))
    .min(1, 'must name at least one, or be left out')
    .max(MOST_MENTIONED, `must name at most ${MOST_MENTIONED}`)
    .refine((names) => new Set(names).size === names.length, { error: 'must not name one twice' })
    .meta({ uniqueItems: true });

export const mentionsSchema = z
  .strictObject({
    users: listOf(
      new RegExp(`${ID.source}|${EMAIL.source}`),
      'an id as U0123ABC, or an e-mail address',
    )
      .optional()
      .meta({
        description:
          'People, by their ids on the platform or by e-mail address. A destination mentions those whose ids have the form of its platform: `U0123ABC` on Slack, an object id on Teams.',
        examples: [['U0123ABC', 'ana@example.com']],
      }),
    groups: listOf(ID, 'an id as S0123ABC')
      .optional()
      .meta({
        description:
          'Groups of people, by their ids on the platform. On Teams: the team of the channel, by its id.',
        examples: [['S0123ABC']],
      }),
    here: z
      .literal(true)
      .optional()
      .meta({
        description: 'Everybody in the channel who is active now, where the platform can do that.',
        examples: [true],
      }),
    channel: z
      .literal(true)
      .optional()
      .meta({
        description: 'Everybody in the channel, where the platform can do that.',
        examples: [true],
      }),
  })
  .refine((mentions) => Object.keys(mentions).length > 0, {
    error: `must have at least one of ${MENTION_KINDS.join(', ')}, or be left out`,
  })
  .meta({
    minProperties: 1,
    id: 'Mentions',
    description:
      'Whom the message mentions. Each account allows mentions in the configuration (`mentions`), and allows none by default. Text never mentions anyone.',
  });
export type Mentions = z.infer<typeof mentionsSchema>;
