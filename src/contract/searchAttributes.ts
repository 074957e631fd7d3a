/** The search attributes of sendproof's workflows. Not encrypted by payload codecs: references and states only. */
import { defineSearchAttributeKey } from '@temporalio/common';

/**
 * Set only for states that Temporal's own execution status doesn't show: `DeadLettered` while parked, `Scheduled` while a
 * rescheduled message waits for its time, `Discarded`, `Expired` or `Superseded` at the end. `Muted` and
 * `Grouped` from the start, on what is not posted by itself. A message in progress is Running without it, a confirmed one Completed without it, so that the happy
 * path costs no extra history event.
 */
export const deliveryStatusAttribute = defineSearchAttributeKey('DeliveryStatus', 'KEYWORD');
/** Every destination of the message. */
export const destinationAttribute = defineSearchAttributeKey('Destination', 'KEYWORD_LIST');
export const sourceAttribute = defineSearchAttributeKey('Source', 'KEYWORD');
export const sourceReferenceAttribute = defineSearchAttributeKey('SourceReference', 'KEYWORD');
export const traceIdAttribute = defineSearchAttributeKey('TraceId', 'KEYWORD');
/** Why a parked message is parked. */
export const failureReasonAttribute = defineSearchAttributeKey('FailureReason', 'KEYWORD');
/** The key of the conversation that the message belongs to. Absent from what earlier releases started. */
export const conversationAttribute = defineSearchAttributeKey('Conversation', 'KEYWORD');

export const SEARCH_ATTRIBUTES = [
  deliveryStatusAttribute,
  destinationAttribute,
  sourceAttribute,
  sourceReferenceAttribute,
  traceIdAttribute,
  failureReasonAttribute,
  conversationAttribute,
];
