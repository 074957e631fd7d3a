/** A notification of Prometheus's Alertmanager, which Grafana's alerting is built on: some alerts that belong together. */
import { createHash } from 'node:crypto';
import { own } from '../../lib/own.js';
import { at, isObject, listAt, textAt, type JsonObject } from '../json.js';
import { Unusable } from '../source.js';

export type Texts = Readonly<Record<string, string>>;

export interface Alert {
  isFiring: boolean;
  labels: Texts;
  annotations: Texts;
  startsAt: string | undefined;
  endsAt: string | undefined;
  /** The rule that made it. */
  ruleUrl: string | undefined;
  raw: unknown;
}

export interface AlertGroup {
  /** What its sender calls the group; the same for all of its notifications. */
  key: string | undefined;
  /** Firing as long as one of its alerts is. */
  isFiring: boolean;
  receiver: string | undefined;
  alerts: readonly Alert[];
  /** How many more there are, which the notification leaves out. */
  leftOut: number;
  /** What all of its alerts have. */
  labels: Texts;
  annotations: Texts;
  groupLabels: Texts;
  raw: JsonObject;
}

/** @throws Unusable where it has neither a group nor an alert */
export function readGroup(raw: JsonObject): AlertGroup {
  const alerts = listAt(raw, 'alerts').map(readAlert);
  const key = textAt(raw, 'groupKey');
  if (key === undefined && alerts.length === 0) {
    throw new Unusable('The body has no groupKey and no alerts.');
  }
  const status = textAt(raw, 'status');
  const isFiring =
    status === undefined ? alerts.some((alert) => alert.isFiring) : status !== 'resolved';
  const leftOut = Number(textAt(raw, 'truncatedAlerts') ?? 0);
  return {
    key,
    isFiring,
    receiver: textAt(raw, 'receiver'),
    alerts,
    leftOut: Number.isSafeInteger(leftOut) && leftOut > 0 ? leftOut : 0,
    labels: {
      ...textsAt(raw, 'groupLabels'),
      ...(textsOf(raw, 'commonLabels') ?? common(alerts.map((alert) => alert.labels))),
    },
    annotations:
      textsOf(raw, 'commonAnnotations') ?? common(alerts.map((alert) => alert.annotations)),
    groupLabels: textsAt(raw, 'groupLabels'),
    raw,
  };
}

function readAlert(raw: unknown): Alert {
  return {
    isFiring: textAt(raw, 'status') !== 'resolved',
    labels: textsAt(raw, 'labels'),
    annotations: textsAt(raw, 'annotations'),
    startsAt: textAt(raw, 'startsAt'),
    endsAt: textAt(raw, 'endsAt'),
    ruleUrl: textAt(raw, 'generatorURL'),
    raw,
  };
}

function textsAt(value: unknown, name: string): Texts {
  return textsOf(value, name) ?? {};
}

function textsOf(value: unknown, name: string): Texts | undefined {
  const found = at(value, name);
  if (!isObject(found)) return undefined;
  return Object.fromEntries(
    Object.entries(found).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
    ),
  );
}

/** What all of them have. */
function common([first = {}, ...others]: readonly Texts[]): Texts {
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) =>
      others.every((each) => own(each, name) === value),
    ),
  );
}

/**
 * What identifies the notification: the same for a repetition, also by another instance of a cluster, and for what a sender sends
 * again. Addresses and annotations don't count, since they differ between instances and with each evaluation of a rule.
 */
export function identityOf(group: AlertGroup, ...more: unknown[]): string {
  const alerts = group.alerts
    .map(({ isFiring, labels, raw, startsAt }) =>
      JSON.stringify([
        textAt(raw, 'fingerprint') ?? (isEmpty(labels) ? raw : Object.entries(labels).sort()),
        isFiring,
        timeOf(startsAt),
      ]),
    )
    .sort();
  const { isFiring, key, leftOut, receiver } = group;
  const identity = JSON.stringify([key, receiver, isFiring, leftOut, alerts, ...more]);
  return createHash('sha256').update(identity).digest('base64url');
}

function isEmpty(labels: Texts): boolean {
  return Object.keys(labels).length === 0;
}

/** One form of a time, which may be written in any time zone. */
function timeOf(text: string | undefined): number | string | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? text : time;
}
