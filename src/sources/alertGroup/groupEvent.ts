/** How a group of alerts is shown. */
import type { Severity } from '../../domain/message.js';
import { shortenText } from '../../lib/cutText.js';
import { own } from '../../lib/own.js';
import { event } from '../event.js';
import { facts, linksLine, paragraphs, plain, type Link } from '../facts.js';
import { severityOf } from '../fields.js';
import { firstTen } from '../listing.js';
import type { ParsedEvent } from '../source.js';
import type { Alert, AlertGroup, Texts } from './group.js';

export interface GroupSource {
  key: string;
  url: unknown;
  /** Where people go on from one alert. */
  linksOf(alert: Alert): readonly Link[];
  /** What an alert is called, where its label `alertname` isn't what people know it by. */
  nameOf?(labels: Texts): string | undefined;
  /** What is said of one alert beside its labels. */
  valuesOf?(alert: Alert): string | undefined;
  /** Where people go on from the whole group. */
  links: readonly Link[];
  /** Beside those that all alerts have. */
  labels: Readonly<Record<string, unknown>>;
  isReminder?: boolean | undefined;
}

const LONGEST_LINE = 400;
/** Labels of one alert; those of targets in a cluster have some dozens. */
const MOST_LABELS = 20;

export function groupEvent(group: AlertGroup, source: GroupSource): ParsedEvent {
  const { isFiring, labels, receiver } = group;
  return event({
    key: source.key,
    reference: own(labels, 'alertname'),
    conversation: group.key,
    state: isFiring ? 'triggered' : 'resolved',
    occurredAt: lastChange(group),
    // An alert whose silence has ended fires since before the last change of the others.
    arrivesInOrder: true,
    severity: isFiring ? worstOf(group) : 'ok',
    title: titleOf(group, source),
    text: textOf(group, source),
    url: source.url,
    // The alert's own labels win: people match by those.
    labels: {
      receiver,
      status: isFiring ? 'firing' : 'resolved',
      ...source.labels,
      ...labels,
    },
    isReminder: source.isReminder,
    raw: group.raw,
  });
}

/** As `Firing: DiskFull (3 firing, 1 resolved) – 97 % of /var is used`. */
function titleOf(group: AlertGroup, source: GroupSource): string {
  const { alerts, annotations, groupLabels, isFiring, labels } = group;
  const nameOf = (each: Texts) => source.nameOf?.(each) ?? own(each, 'alertname');
  const names = [...new Set(alerts.flatMap((alert) => nameOf(alert.labels) ?? []))];
  const name =
    nameOf(labels) ??
    (names.length > 0 && names.length <= 3 ? names.join(', ') : undefined) ??
    (Object.entries(groupLabels)
      .map(([label, value]) => `${label}=${value}`)
      .join(', ') ||
      'alerts');
  const summary = own(annotations, 'summary');
  return `${isFiring ? 'Firing' : 'Resolved'}: ${name}${countOf(group)}${summary === undefined ? '' : ` – ${summary}`}`;
}

/** As ` (3 firing, 1 resolved, 5 more)`: of those that are left out nobody knows the state. Empty for one alert. */
function countOf({ alerts, isFiring, leftOut }: AlertGroup): string {
  const resolved = alerts.filter((alert) => !alert.isFiring).length;
  const firing = alerts.length - resolved;
  const total = alerts.length + leftOut;
  if (isFiring && resolved > 0) {
    const counts = [
      ...(firing > 0 ? [`${firing} firing`] : []),
      `${resolved} resolved`,
      ...(leftOut > 0 ? [`${leftOut} more`] : []),
    ];
    return ` (${counts.join(', ')})`;
  }
  return total > 1 ? ` (${total} alerts)` : '';
}

function textOf(group: AlertGroup, source: GroupSource): string {
  const { alerts, annotations } = group;
  const [only] = alerts;
  const isOne = alerts.length === 1 && group.leftOut === 0;
  return paragraphs(
    plain(own(annotations, 'description') ?? own(annotations, 'message')),
    isOne && only ? oneAlert(only, source) : listOf(group, source),
    linksLine([
      ...(isOne && only ? source.linksOf(only) : []),
      ['Runbook', own(annotations, 'runbook_url')],
      ...source.links,
    ]),
  );
}

function oneAlert(alert: Alert, source: GroupSource): string {
  const labels = Object.entries(alert.labels)
    .filter(([name]) => name !== 'alertname')
    .slice(0, MOST_LABELS)
    .map(([name, value]): [string, string | undefined] => [
      plain(name) ?? '',
      plain(shortenText(value, LONGEST_LINE)),
    ]);
  return facts({
    ...Object.fromEntries(labels),
    Value: plain(source.valuesOf?.(alert)),
  });
}

/** The firing ones first, as people look for those. */
function listOf(group: AlertGroup, source: GroupSource): string {
  const { alerts, leftOut } = group;
  const ordered = [
    ...alerts.filter(({ isFiring }) => isFiring),
    ...alerts.filter(({ isFiring }) => !isFiring),
  ];
  return firstTen(
    ordered.map((alert) => () => lineOf(alert, group, source)),
    leftOut,
  );
}

/** As `**firing** instance=db-3: 97 % of /var is used (Graph)`. What all alerts of the group say is above the list. */
function lineOf(alert: Alert, { annotations, labels }: AlertGroup, source: GroupSource): string {
  const differing = Object.entries(alert.labels)
    .filter(([name, value]) => own(labels, name) !== value)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
  const ofItsOwn = (name: string): string | undefined => {
    const text = own(alert.annotations, name);
    return text === own(annotations, name) ? undefined : text;
  };
  const said = ofItsOwn('summary') ?? ofItsOwn('description') ?? ofItsOwn('message');
  const values = source.valuesOf?.(alert);
  const words = [differing, said, values].filter(Boolean).join(': ');
  const links = linksLine([...source.linksOf(alert), ['Runbook', ofItsOwn('runbook_url')]]);
  return `**${alert.isFiring ? 'firing' : 'resolved'}** ${plain(shortenText(words, LONGEST_LINE)) ?? ''}${links && ` (${links})`}`;
}

const WORST_FIRST: readonly Severity[] = ['critical', 'error', 'warning', 'info', 'ok'];

/** The worst that a firing alert says of itself; `error` where none says something that is known. */
function worstOf({ alerts, labels }: AlertGroup): Severity {
  const said = new Set(
    [labels, ...alerts.filter(({ isFiring }) => isFiring).map((alert) => alert.labels)].map(
      (each) => severityOf(own(each, 'severity') ?? own(each, 'priority') ?? own(each, 'level')),
    ),
  );
  return WORST_FIRST.find((severity) => said.has(severity)) ?? 'error';
}

/** When one of its alerts last began or ended. */
function lastChange({ alerts }: AlertGroup): string | undefined {
  let last = 0;
  for (const { endsAt, isFiring, startsAt } of alerts) {
    const time = Date.parse((isFiring ? startsAt : endsAt) ?? '');
    if (time > last) last = time;
  }
  return last > 0 ? new Date(last).toISOString() : undefined;
}
