import { trace } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_MESSAGING_DESTINATION_NAME,
  ATTR_MESSAGING_MESSAGE_ID,
  ATTR_MESSAGING_OPERATION_NAME,
  ATTR_MESSAGING_OPERATION_TYPE,
  ATTR_MESSAGING_SYSTEM,
} from '@opentelemetry/semantic-conventions/incubating';
import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type {
  ActivityExecuteInput,
  ActivityInboundCallsInterceptor,
  Next,
} from '@temporalio/worker';
import { isDelivery } from '../contract/activities.js';
import type { DeliverInput } from '../contract/deliver.js';
import { partsOf } from '../domain/destination.js';

/**
 * Adds attributes to the span of each attempt: the destination, and why it failed. They follow OpenTelemetry's conventions for
 * messaging. Content is never added.
 */
export class AttemptSpanInterceptor implements ActivityInboundCallsInterceptor {
  async execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    const span = trace.getActiveSpan();
    const { activityType, attempt, workflowExecution } = activityInfo();
    span?.setAttribute('sendproof.attempt', attempt);
    if (isDelivery(activityType)) {
      const delivery = input.args[0] as DeliverInput;
      span?.setAttributes({
        [ATTR_MESSAGING_SYSTEM]: partsOf(delivery).platform,
        [ATTR_MESSAGING_OPERATION_TYPE]: 'send',
        [ATTR_MESSAGING_OPERATION_NAME]: 'deliver',
        [ATTR_MESSAGING_DESTINATION_NAME]: delivery.destination,
        [ATTR_MESSAGING_MESSAGE_ID]: workflowExecution?.workflowId,
      });
    }
    try {
      return await next(input);
    } catch (error) {
      const reason = error instanceof ApplicationFailure ? error.type : undefined;
      span?.setAttribute(ATTR_ERROR_TYPE, reason ?? '_OTHER');
      throw error;
    }
  }
}
