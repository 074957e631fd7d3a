import type {
  AcknowledgementEvent,
  AcknowledgementPlan,
  AcknowledgementRecipient,
} from '../domain/acknowledgement.js';
import type { Configuration } from '../config/configuration.js';
import type { Message } from '../domain/message.js';
import { fairnessKey } from './deliveryPlan.js';
import { MessageRefused } from './refusal.js';
import { callbackFault } from '../acknowledgements/policy.js';

/** What people on call want to read beside the incident. */
const NOTED_EVENTS: AcknowledgementEvent[] = [
  'message.confirmed',
  'message.dead_lettered',
  'message.expired',
  'message.discarded',
];

/** The address of an incident: https://support.pagerduty.com/main/docs/incidents */
const INCIDENT_PATH = /^\/incidents\/(?<id>[A-Za-z0-9]{1,40})\/?$/;

/**
 * Who will be told what becomes of the message: whom it names or, where it names nobody, whom the configuration names for
 * its source, and the PagerDuty incident that it is about. Undefined where nobody is. Throws the refusal of a URL that may
 * not be called.
 */
export function planAcknowledgements(
  { acknowledge, correlation }: Message,
  { acknowledgements }: Configuration,
): AcknowledgementPlan[] | undefined {
  const { bySource, callbacks, requestTimeoutMs, retry } = acknowledgements;
  const fault = acknowledge && callbackFault(acknowledge.url, callbacks);
  if (fault !== undefined) {
    throw new MessageRefused('invalid', [{ field: 'acknowledge.url', detail: fault }]);
  }

  const source = correlation?.source;
  const ofSource =
    source !== undefined && Object.hasOwn(bySource, source) ? bySource[source] : undefined;
  const plans: AcknowledgementPlan[] = [];
  const plan = (
    recipient: AcknowledgementRecipient,
    events: AcknowledgementEvent[],
    fairness: string,
  ) => {
    const key = fairnessKey(fairness);
    plans.push({ recipient, events, retry, requestTimeoutMs, fairnessKey: key });
  };

  const callback = acknowledge ?? ofSource?.acknowledge;
  if (callback) {
    plan({ kind: 'callback', url: callback.url }, callback.events, new URL(callback.url).origin);
  }
  const incidentId = incidentIdOf(correlation?.url);
  if (source !== undefined && ofSource?.pagerduty && incidentId !== undefined) {
    plan({ kind: 'pagerduty_note', source, incidentId }, NOTED_EVENTS, `pagerduty:${source}`);
  }
  return plans.length > 0 ? plans : undefined;
}

/** The id of the incident whose page in PagerDuty this is. */
function incidentIdOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : INCIDENT_PATH.exec(new URL(url).pathname)?.groups?.id;
}
