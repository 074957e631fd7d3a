import type { Severity } from '../../domain/message.js';
import { event, firstWebAddress } from '../event.js';
import { facts, paragraphs, plain } from '../facts.js';
import { firstTen } from '../listing.js';
import { at, isObject, listAt, textAt, type JsonObject } from '../json.js';
import { Unusable, type ParsedEvent } from '../source.js';
import { contextText, isEndOfIssue, issueIn, resultsUrls } from './context.js';

/** `Sev0` is the highest: https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-overview */
const SEVERITIES = new Map<string, Severity>([
  ['Sev0', 'critical'],
  ['Sev1', 'error'],
  ['Sev2', 'warning'],
]);

/**
 * The same for each try of Azure. An alert that fires again under its id is another event.
 *
 * @throws Unusable where it is not an alert in the common schema
 */
export function alertKey(payload: JsonObject): string {
  const essentials = at(payload, 'data', 'essentials');
  const id = textAt(essentials, 'alertId');
  const firedAt = textAt(essentials, 'firedDateTime') ?? '';
  if (id !== undefined) return [id, conditionOf(payload), firedAt].join(' ').trim();
  throw new Unusable(
    'The body has no data.essentials.alertId: enable the common alert schema in the action group.',
  );
}

function conditionOf(payload: JsonObject): string {
  return textAt(payload, 'data', 'essentials', 'monitorCondition') ?? 'Fired';
}

export function parseAlert(payload: JsonObject): ParsedEvent {
  const essentials = at(payload, 'data', 'essentials');
  const context = at(payload, 'data', 'alertContext');
  const tracking = textAt(context, 'properties', 'trackingId');
  const alertId = textAt(essentials, 'alertId');
  const isResolved = conditionOf(payload).toLowerCase() === 'resolved' || isEndOfIssue(context);
  const severity = textAt(essentials, 'severity');
  const targets = listAt(essentials, 'configurationItems').flatMap((item) =>
    typeof item === 'string' ? [item] : [],
  );
  return event({
    key: alertKey(payload),
    reference: tracking ?? textAt(essentials, 'originAlertId') ?? alertId,
    // Each piece of news about an issue at Azure, or about the health of a resource, is an alert of its own.
    conversation: tracking ?? resourceWithHealth(payload) ?? alertId,
    state: isResolved ? 'resolved' : 'triggered',
    occurredAt:
      (isResolved ? textAt(essentials, 'resolvedDateTime') : undefined) ??
      textAt(context, 'eventTimestamp') ??
      (isResolved ? undefined : textAt(essentials, 'firedDateTime')),
    severity: isResolved ? 'ok' : (SEVERITIES.get(severity ?? '') ?? 'info'),
    title: titleOf({ essentials, issue: issueIn(context), isResolved, targets }),
    text: paragraphs(
      plain(textAt(essentials, 'description')),
      contextText(context),
      targets.length > 1 ? firstTen(targets.map((target) => plain(target) ?? '')) : undefined,
      facts({
        Severity: plain(severity),
        Service: plain(textAt(essentials, 'monitoringService')),
        Signal: plain(textAt(essentials, 'signalType')),
      }),
    ),
    url: firstWebAddress(textAt(essentials, 'investigationLink'), ...resultsUrls(context)),
    labels: {
      ...recordAt(payload, 'customProperties'),
      rule: textAt(essentials, 'alertRule'),
      condition: conditionOf(payload),
      azure_severity: severity,
      service: textAt(essentials, 'monitoringService'),
      signal: textAt(essentials, 'signalType'),
      target: targets[0],
    },
    raw: payload,
  });
}

function resourceWithHealth(payload: JsonObject): string | undefined {
  const health = textAt(payload, 'data', 'alertContext', 'properties', 'currentHealthStatus');
  const resource = textAt(payload, 'data', 'essentials', 'alertTargetIDs', 0);
  return health && resource && `health of ${resource}`;
}

/** As `High CPU fired on db-3`, or `Storage fired: Errors in West Europe`. */
function titleOf(alert: {
  essentials: unknown;
  issue: string | undefined;
  isResolved: boolean;
  targets: readonly string[];
}): string {
  const { essentials, isResolved, issue, targets } = alert;
  const rule = textAt(essentials, 'alertRule') ?? 'An alert';
  const [target] = targets.length === 1 ? targets : [];
  return `${rule} ${isResolved ? 'resolved' : 'fired'}${target === undefined ? '' : ` on ${target}`}${issue === undefined ? '' : `: ${issue}`}`;
}

function recordAt(payload: JsonObject, name: string): JsonObject {
  const found = at(payload, 'data', name);
  return isObject(found) ? found : {};
}
