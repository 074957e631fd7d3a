/**
 * Tenants: callers that don't see each other's messages. The id of a tenant's workflow begins with the tenant's name, so that
 * equal keys of two tenants are two ids. What has no tenant has ids without such a beginning.
 */
import type {
  DeliveryMoment,
  DeliveryStage,
  MessageRecord,
  MessageState,
  MessageSummary,
} from './messageState.js';

/** A key that a sender chooses can't begin so. */
const PREFIX = 'sendproof/tenant/';

/** In the log, in metrics and in ids. Without a slash, so that an id has one tenant. */
export const TENANT_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$/;

/** What the ids of a tenant begin with, and no others. */
export function tenantPrefix(tenant: string): string {
  return `${PREFIX}${tenant}/`;
}

/** The tenant that an id belongs to; undefined if it belongs to none. */
export function tenantOf(id: string): string | undefined {
  if (!id.startsWith(PREFIX)) return undefined;
  const [tenant = '', ...rest] = id.slice(PREFIX.length).split('/');
  return rest.length > 0 && TENANT_NAME.test(tenant) ? tenant : undefined;
}

/** Whether somebody of this tenant may know of the id. Who has no tenant knows of all. */
export function isVisibleTo(tenant: string | undefined, id: string): boolean {
  return tenant === undefined || id.startsWith(tenantPrefix(tenant));
}

/** An id of the tenant, for a text that is in its own form or in full. Not for keys that may be too long: see `messageId`. */
export function idInTenant(tenant: string | undefined, text: string): string {
  return tenant === undefined || isVisibleTo(tenant, text) ? text : tenantPrefix(tenant) + text;
}

/** The id as its tenant knows it. Who has no tenant knows the whole. */
export function ownForm(tenant: string | undefined, id: string): string {
  return tenant !== undefined && isVisibleTo(tenant, id)
    ? id.slice(tenantPrefix(tenant).length)
    : id;
}

/** What a list shows of a message, with the keys as the tenant knows them. */
export function summaryFor<Summary extends MessageSummary>(
  tenant: string | undefined,
  summary: Summary,
): Summary {
  const { conversation, deduplicationKey, givenKey } = summary;
  if (tenant === undefined) return { ...summary, givenKey: undefined };
  return {
    ...summary,
    givenKey: undefined,
    deduplicationKey: givenKey ?? ownForm(tenant, deduplicationKey),
    ...(conversation && {
      conversation: { ...conversation, key: ownForm(tenant, conversation.key) },
    }),
  };
}

/** The same for the whole state of a message. */
export function stateFor(tenant: string | undefined, state: MessageState): MessageState {
  if (tenant === undefined) return summaryFor(tenant, state);
  const { deliveries, shows } = state;
  const own = (key: string): string => ownForm(tenant, key);
  return {
    ...summaryFor(tenant, state),
    deliveries: deliveries.map((each) => ({ ...each, stage: stageWith(own, each.stage) })),
    ...(shows && { shows: { ...shows, keys: shows.keys.map(own) } }),
  };
}

/** The same for all that is known of a message. */
export function recordFor<Recorded extends MessageRecord>(
  tenant: string | undefined,
  record: Recorded,
): Recorded {
  const { moments, state } = record;
  const seen = ({ message, ...moment }: DeliveryMoment): DeliveryMoment => ({
    ...moment,
    ...(message !== undefined && { message: ownForm(tenant, message) }),
  });
  return { ...record, state: stateFor(tenant, state), moments: moments.map(seen) };
}

/** Stages name other messages of the same conversation, or the one that shows an event. */
function stageWith(own: (key: string) => string, stage: DeliveryStage): DeliveryStage {
  switch (stage.kind) {
    case 'awaiting_turn':
      return { ...stage, behind: own(stage.behind) };
    case 'superseded':
      return { ...stage, by: own(stage.by) };
    case 'grouped':
      return stage.message === undefined ? stage : { ...stage, message: own(stage.message) };
    default:
      return stage;
  }
}
