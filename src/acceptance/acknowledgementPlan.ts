import type {
  AcknowledgementEvent,
  AcknowledgementPlan,
  AcknowledgementRecipient,
} from '../domain/acknowledgement.js';
import type { Configuration } from '../config/configuration.js';
import type { Message } from '../domain/message.js';
import { fairnessKey } from './deliveryPlan.js';
import { MessageRefused } from './refusal.js';
import { checkCallbackUrl } from '../acknowledgements/policy.js';
import { own } from '../lib/own.js';

type PlannedBy = Pick<Configuration, 'acknowledgements' | 'events'>;

/** The events that are noted on an incident. */
const NOTED_EVENTS: AcknowledgementEvent[] = [
  'message.confirmed',
  'message.dead_lettered',
  'message.expired',
  'message.discarded',
];

/** The address of an incident: https://support.pagerduty.com/main/docs/incidents */
const INCIDENT_PATH = /^\/incidents\/(?<id>[A-Za-z0-9]{1,40})\/?$/;

/**
 * Plans the message's acknowledgements: to the callback that it names or else that of its source's configuration, to the
 * PagerDuty incident that it concerns, and to the targets of `events:`. Undefined where there are none. Throws a MessageRefused
 * where the callback's URL is not allowed.
 */
export function planAcknowledgements(
  { acknowledge, correlation, tenant }: Message,
  configuration: PlannedBy,
): AcknowledgementPlan[] | undefined {
  const { bySource, callbacks, requestTimeoutMs, retry } = configuration.acknowledgements;
  const fault = acknowledge && checkCallbackUrl(acknowledge.url, callbacks);
  if (fault !== undefined) {
    throw new MessageRefused('invalid', [{ field: 'acknowledge.url', detail: fault }]);
  }

  const source = correlation?.source;
  const named = source === undefined ? undefined : own(bySource, source);
  // What a tenant's source has is for the tenant's messages alone, whoever else names it.
  const ofSource = named && isFor(named, tenant) ? named : undefined;
  const plans: AcknowledgementPlan[] = [];
  const plan = (
    recipient: AcknowledgementRecipient,
    events: AcknowledgementEvent[],
    fairness: string,
  ) => {
    const key = fairnessKey(fairness);
    plans.push({
      ...{ recipient, events, retry, requestTimeoutMs, fairnessKey: key },
      ...(tenant !== undefined && { tenant }),
    });
  };

  const callback = acknowledge ?? ofSource?.acknowledge;
  if (callback) {
    plan({ kind: 'callback', url: callback.url }, callback.events, new URL(callback.url).origin);
  }
  const incidentId = incidentIdOf(correlation?.url);
  if (source !== undefined && ofSource?.pagerduty && incidentId !== undefined) {
    plan({ kind: 'pagerduty_note', source, incidentId }, NOTED_EVENTS, `pagerduty:${source}`);
  }
  plans.push(...planEvents(configuration, tenant));
  return plans.length > 0 ? plans : undefined;
}

/** What the targets of `events:` are told, whatever the message of this tenant. Those of other tenants are told nothing. */
export function planEvents(
  { acknowledgements, events }: PlannedBy,
  tenant: string | undefined,
): AcknowledgementPlan[] {
  const { requestTimeoutMs, retry } = acknowledgements;
  const targets = events.filter((target) => isFor(target, tenant));
  return targets.map(({ events: told, name, tenant: owner }) => ({
    recipient: { kind: 'event', target: name },
    events: told,
    retry,
    requestTimeoutMs,
    fairnessKey: fairnessKey(`events:${name}`),
    ...(owner !== undefined && { tenant: owner }),
  }));
}

/** Whether it is of the same tenant, or of none and so of use to all. */
function isFor(
  { tenant: owner }: { tenant?: string | undefined },
  tenant: string | undefined,
): boolean {
  return owner === undefined || owner === tenant;
}

/** The id of the incident, from the URL of its page in PagerDuty. */
function incidentIdOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : INCIDENT_PATH.exec(new URL(url).pathname)?.groups?.id;
}
