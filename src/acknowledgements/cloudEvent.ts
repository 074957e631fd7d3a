/** Status events in the form of CloudEvents 1.0: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md */
import type { Acknowledgement } from '../domain/acknowledgement.js';

/** An event in the JSON form, with the extension of distributed tracing. */
export interface CloudEvent {
  specversion: '1.0';
  /** The same in each repetition, and for all targets. */
  id: string;
  /** Which installation of sendproof it is from. */
  source: string;
  type: string;
  /** The deduplication key of the message. */
  subject: string;
  /** ISO 8601: when it happened. */
  time: string;
  datacontenttype: 'application/json';
  traceparent?: string;
  /** What a callback has as its body. */
  data: Acknowledgement;
}

/** Before the type that a callback has, in reverse-DNS form as CloudEvents recommends. */
const TYPE_PREFIX = 'io.sendproof.';

/** https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md */
export const CLOUD_EVENT_TYPE = 'application/cloudevents+json; charset=utf-8';

/** @param traceparent of the attempt: https://www.w3.org/TR/trace-context/ */
export function cloudEventOf(
  { acknowledgement, webhookId }: { acknowledgement: Acknowledgement; webhookId: string },
  source: string,
  traceparent: string | undefined,
): CloudEvent {
  return {
    specversion: '1.0',
    id: webhookId,
    source,
    type: TYPE_PREFIX + acknowledgement.type,
    subject: acknowledgement.data.deduplicationKey,
    time: acknowledgement.timestamp,
    datacontenttype: 'application/json',
    ...(traceparent !== undefined && { traceparent }),
    data: acknowledgement,
  };
}

/** As UTF-8, with escapes for the characters that SQS doesn't take. */
export function cloudEventBody(event: CloudEvent): Buffer {
  const json = JSON.stringify(event).replace(/[\ufffe\uffff]/g, (character) =>
    character === '\ufffe' ? '\\ufffe' : '\\uffff',
  );
  return Buffer.from(json, 'utf8');
}

/**
 * A URI reference that tells one installation from another.
 *
 * @param publicUrl at which people reach it
 */
export function eventSource(publicUrl: string | undefined, namespace: string): string {
  return publicUrl ?? `/sendproof/${encodeURIComponent(namespace)}`;
}
