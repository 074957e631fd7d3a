/** Whom the messages of an account may mention. */
import { z } from 'zod';
import { DeliveryError } from '../domain/delivery.js';
import { permanent } from '../http/failure.js';
import type { MentionKind, Mentions } from '../domain/mentions.js';

const all = z.boolean('must be true, false, or a list of ids');
const allOrSome = z.union([all, z.array(z.string().min(1))], {
  error: 'must be true, false, or a list of ids',
});

/** Nobody by default. */
export const mentionPolicySchema = z
  .strictObject({
    users: allOrSome.default(false),
    groups: allOrSome.default(false),
    here: all.default(false),
    channel: all.default(false),
  })
  .prefault({});
export type MentionPolicy = z.infer<typeof mentionPolicySchema>;

/** One of those whom a message mentions. */
export interface Mentioned {
  kind: MentionKind;
  /** An id or an e-mail address; for `here` and `channel` that word. */
  name: string;
  /** As `content.mentions.users.0`. */
  field: string;
}

export function everyMention(mentions: Mentions | undefined): Mentioned[] {
  const named = (kind: 'users' | 'groups'): Mentioned[] =>
    (mentions?.[kind] ?? []).map((name, index) => ({
      kind,
      name,
      field: `content.mentions.${kind}.${index}`,
    }));
  const broadcasts = (['here', 'channel'] as const).filter((kind) => mentions?.[kind]);
  return [
    ...named('users'),
    ...named('groups'),
    ...broadcasts.map((kind) => ({ kind, name: kind, field: `content.mentions.${kind}` })),
  ];
}

/** @param policy undefined where the account's settings have none: nobody may be mentioned */
export function mayMention(
  { kind, name }: Pick<Mentioned, 'kind' | 'name'>,
  policy: MentionPolicy | undefined,
): boolean {
  const allowed = policy?.[kind] ?? false;
  return typeof allowed === 'boolean' ? allowed : allowed.includes(name);
}

/**
 * Those of the mentions that a platform can make. Throws a DeliveryError where the account doesn't allow one: it did when the
 * message was accepted.
 */
export function mentionsToMake(
  mentions: Mentions | undefined,
  policy: MentionPolicy | undefined,
  canMention: (kind: MentionKind, name: string) => boolean,
): Mentioned[] {
  const able = everyMention(mentions).filter(({ kind, name }) => canMention(kind, name));
  const forbidden = able.find((mention) => !mayMention(mention, policy));
  if (!forbidden) return able;
  throw new DeliveryError(
    `The account does not allow ${forbidden.field}: add ${settingFor(forbidden)} to the account in the worker’s configuration, then retry.`,
    permanent('content_rejected'),
  );
}

/** Whether an account takes no part in mentions. */
export function mentionsNobody(policy: MentionPolicy | undefined): boolean {
  return Object.values(policy ?? {}).every((allowed) =>
    typeof allowed === 'boolean' ? !allowed : allowed.length === 0,
  );
}

/** What to add to an account's settings, so that it allows this. */
export function settingFor({ kind, name }: Pick<Mentioned, 'kind' | 'name'>): string {
  const isBroadcast = kind === 'here' || kind === 'channel';
  return `mentions: { ${kind}: ${isBroadcast ? 'true' : `["${name}"]`} }`;
}
