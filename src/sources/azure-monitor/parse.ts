import type { Severity } from '../../domain/message.js';
import { event } from '../event.js';
import { facts, paragraphs, plain } from '../facts.js';
import { firstTen } from '../listing.js';
import { at, isObject, listAt, textAt, type JsonObject } from '../json.js';
import { Unusable, type ParsedEvent } from '../source.js';

/** `Sev0` is the highest: https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-overview */
const SEVERITIES = new Map<string, Severity>([
  ['Sev0', 'critical'],
  ['Sev1', 'error'],
  ['Sev2', 'warning'],
]);

/** @throws Unusable where it is not an alert in the common schema */
export function alertKey(payload: JsonObject): string {
  const id = textAt(payload, 'data', 'essentials', 'alertId');
  if (id !== undefined) return `${id} ${conditionOf(payload)}`;
  throw new Unusable(
    'The body has no data.essentials.alertId: enable the common alert schema in the action group.',
  );
}

function conditionOf(payload: JsonObject): string {
  return textAt(payload, 'data', 'essentials', 'monitorCondition') ?? 'Fired';
}

export function parseAlert(payload: JsonObject): ParsedEvent {
  const essentials = at(payload, 'data', 'essentials');
  const isResolved = conditionOf(payload).toLowerCase() === 'resolved';
  const rule = textAt(essentials, 'alertRule') ?? 'An alert';
  const severity = textAt(essentials, 'severity');
  const targets = listAt(essentials, 'configurationItems').flatMap((item) =>
    typeof item === 'string' ? [item] : [],
  );
  return event({
    key: alertKey(payload),
    reference: textAt(essentials, 'originAlertId') ?? textAt(essentials, 'alertId'),
    conversation: textAt(essentials, 'alertId'),
    state: isResolved ? 'resolved' : 'triggered',
    occurredAt: isResolved
      ? textAt(essentials, 'resolvedDateTime')
      : textAt(essentials, 'firedDateTime'),
    severity: isResolved ? 'ok' : (SEVERITIES.get(severity ?? '') ?? 'info'),
    title: `${rule} ${isResolved ? 'resolved' : 'fired'}${targets.length === 1 ? ` on ${targets[0] ?? ''}` : ''}`,
    text: paragraphs(
      plain(textAt(essentials, 'description')),
      firstTen(listAt(payload, 'data', 'alertContext', 'condition', 'allOf').map(conditionLine)),
      targets.length > 1 ? firstTen(targets.map((target) => plain(target) ?? '')) : undefined,
      facts({
        Severity: plain(severity),
        Service: plain(textAt(essentials, 'monitoringService')),
        Signal: plain(textAt(essentials, 'signalType')),
      }),
    ),
    url:
      textAt(essentials, 'investigationLink') ??
      textAt(payload, 'data', 'alertContext', 'condition', 'allOf', 0, 'linkToSearchResultsUI'),
    labels: {
      ...recordAt(payload, 'customProperties'),
      rule,
      condition: conditionOf(payload),
      azure_severity: severity,
      service: textAt(essentials, 'monitoringService'),
      signal: textAt(essentials, 'signalType'),
      target: targets[0],
    },
    raw: payload,
  });
}

function recordAt(payload: JsonObject, name: string): JsonObject {
  const found = at(payload, 'data', name);
  return isObject(found) ? found : {};
}

/** As `Percentage CPU GreaterThan 80, is 97.2`. */
function conditionLine(condition: unknown): string {
  const name = textAt(condition, 'metricName') ?? textAt(condition, 'metricMeasureColumn');
  const rule = [name, textAt(condition, 'operator'), textAt(condition, 'threshold')];
  const value = textAt(condition, 'metricValue');
  const line = rule.filter((part) => part !== undefined).join(' ');
  return plain(value === undefined ? line : `${line}, is ${value}`) ?? '';
}
