import type { EventState } from '../../domain/event.js';
import type { Severity } from '../../domain/message.js';
import { event } from '../event.js';
import { facts, paragraphs, plain } from '../facts.js';
import { fieldsOf, severityOf, titleIn } from '../fields.js';
import { at, isObject, listAt, textAt, type JsonObject } from '../json.js';
import { Unusable, type ParsedEvent } from '../source.js';

/** @throws Unusable where it has no MessageId */
export function parseNotification(payload: JsonObject): ParsedEvent {
  const key = textAt(payload, 'MessageId');
  if (key === undefined) throw new Unusable('The notification has no MessageId.');
  const text = textAt(payload, 'Message') ?? '';
  const message = jsonIn(text);
  const notification = { key, payload, text };
  if (message && textAt(message, 'AlarmName') !== undefined) return alarm(notification, message);
  return other(notification, message);
}

interface Notification {
  key: string;
  payload: JsonObject;
  /** The field `Message`. */
  text: string;
}

/** Many services of AWS put JSON into the text of a notification. */
function jsonIn(text: string): JsonObject | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const ALARM_STATES = new Map<string, { verb: string; state: EventState; severity: Severity }>([
  ['ALARM', { verb: 'in alarm', state: 'triggered', severity: 'critical' }],
  ['OK', { verb: 'ok', state: 'resolved', severity: 'ok' }],
  ['INSUFFICIENT_DATA', { verb: 'without enough data', state: 'updated', severity: 'warning' }],
]);

/** An alarm of CloudWatch: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html */
function alarm({ key, payload }: Notification, message: JsonObject): ParsedEvent {
  const name = textAt(message, 'AlarmName') ?? '';
  const value = textAt(message, 'NewStateValue') ?? '';
  const { severity, state, verb } = ALARM_STATES.get(value) ?? {
    verb: value,
    state: 'updated' as const,
    severity: 'info' as const,
  };
  const trigger = at(message, 'Trigger');
  return event({
    key,
    reference: name,
    conversation: textAt(message, 'AlarmArn') ?? name,
    state,
    occurredAt: textAt(message, 'StateChangeTime')?.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'),
    severity,
    title: `${name} is ${verb}`,
    text: paragraphs(
      plain(textAt(message, 'AlarmDescription')),
      plain(textAt(message, 'NewStateReason')),
      facts({
        Metric: plain(
          [textAt(trigger, 'Namespace'), textAt(trigger, 'MetricName')].filter(Boolean).join(' '),
        ),
        Region: plain(textAt(message, 'Region')),
        Account: plain(textAt(message, 'AWSAccountId')),
      }),
    ),
    labels: {
      ...topicLabels(payload),
      alarm: name,
      account: textAt(message, 'AWSAccountId'),
      region: textAt(message, 'Region'),
      namespace: textAt(trigger, 'Namespace'),
      metric: textAt(trigger, 'MetricName'),
      ...Object.fromEntries(
        listAt(trigger, 'Dimensions').flatMap((dimension) => {
          const label = textAt(dimension, 'name') ?? textAt(dimension, 'Name');
          return label === undefined
            ? []
            : [[label, textAt(dimension, 'value') ?? textAt(dimension, 'Value')]];
        }),
      ),
    },
    raw: { ...payload, Message: message },
  });
}

function other({ key, payload, text }: Notification, message: JsonObject | undefined): ParsedEvent {
  const type = textAt(payload, 'Type');
  const subject = textAt(payload, 'Subject') ?? textAt(message, 'detail-type') ?? titleIn(message);
  const isNotification = type === undefined || type === 'Notification';
  // JSON is no title.
  const firstLine = message
    ? `Notification of ${topicLabels(payload).topic ?? 'AWS SNS'}`
    : text.trim().split('\n')[0];
  return event({
    key,
    occurredAt: textAt(message, 'time') ?? textAt(payload, 'Timestamp'),
    severity: isNotification ? severityOf(textAt(message, 'severity')) : 'warning',
    title: isNotification
      ? (subject ?? firstLine ?? '')
      : `${type}: ${topicLabels(payload).topic ?? ''}`,
    // Of a subscription that waits to be confirmed, or that was ended: it begins when this address is opened.
    url: textAt(payload, 'SubscribeURL'),
    text: message ? fieldsOf(message) : (plain(text) ?? ''),
    labels: {
      ...attributesOf(payload),
      ...topicLabels(payload),
      detail_type: textAt(message, 'detail-type'),
      source: textAt(message, 'source'),
    },
    raw: message ? { ...payload, Message: message } : payload,
  });
}

function topicLabels(payload: JsonObject): Record<string, string | undefined> {
  const arn = textAt(payload, 'TopicArn');
  return { topic: arn?.split(':').at(-1), topic_arn: arn };
}

function attributesOf(payload: JsonObject): Record<string, string | undefined> {
  const attributes = at(payload, 'MessageAttributes');
  if (!isObject(attributes)) return {};
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, textAt(value, 'Value')]),
  );
}
