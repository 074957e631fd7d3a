/** What a failed call to Temporal means for whoever sent the request. */
import {
  NamespaceNotFoundError,
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { exceededLimit, lacksSearchAttribute } from '../acceptance/serverLimit.js';
import { NoAnswerInTime } from '../temporal/boundedClient.js';
import { TooManyCalls } from '../temporal/callGate.js';
import { causesOf, GRPC_STATUS, grpcFailureOf, type GrpcFailure } from '../temporal/grpcStatus.js';
import { ApiStopping } from './apiContext.js';
import { ACCEPTING_MESSAGES } from './boundedClients.js';
import { invalidRequest, Problem } from './problem.js';

export const RETRY_AFTER_SECONDS = 2;
/** A person has to act first. */
const RETRY_AFTER_REPAIR_SECONDS = 60;

export const SEND_AGAIN =
  'Send it again with the same deduplication key: if it was accepted after all, that is answered as a duplicate.';

const TRY_AGAIN = 'Try again later. Requests of other kinds are not affected.';

/**
 * The problem that an error of Temporal's client is answered with. Undefined for errors that Temporal's client didn't throw,
 * and for those that only a mistake in sendproof explains.
 */
export function temporalProblem(error: unknown): Problem | undefined {
  const chain = causesOf(error);
  const is = (type: abstract new (...parameters: never[]) => unknown) =>
    chain.some((each) => each instanceof type);

  const refused = chain.find((each) => each instanceof TooManyCalls);
  if (refused) {
    const remedy = refused.purpose === ACCEPTING_MESSAGES ? SEND_AGAIN : TRY_AGAIN;
    const detail = `More requests for ${refused.purpose} wait for Temporal than it can answer soon. ${remedy}`;
    return overloaded(detail, error);
  }
  if (is(NoAnswerInTime)) return noAnswer(error);
  if (is(ApiStopping)) return apiStops(error);
  if (is(NamespaceNotFoundError)) return namespaceNotFound(error);
  if (is(WorkflowNotFoundError)) return workflowNotFound(error);
  const failure = grpcFailureOf(error);
  if (failure) return problemOfStatus(failure, error);
  // Without a status there was no answer, unless something else than the connection failed.
  const isSilence =
    is(WorkflowUpdateRPCTimeoutOrCancelledError) || (is(ServiceError) && chain.length === 1);
  return isSilence ? noAnswer(error) : undefined;
}

function problemOfStatus({ status, reason }: GrpcFailure, cause: unknown): Problem | undefined {
  switch (status) {
    case GRPC_STATUS.UNAVAILABLE:
    case GRPC_STATUS.DEADLINE_EXCEEDED:
    case GRPC_STATUS.CANCELLED: // A connection that is shared with a worker ends a call so at its deadline.
      return noAnswer(cause);
    case GRPC_STATUS.RESOURCE_EXHAUSTED:
      return overloaded(`Temporal has reached a limit: ${reason}. ${SEND_AGAIN}`, cause);
    case GRPC_STATUS.PERMISSION_DENIED:
    case GRPC_STATUS.UNAUTHENTICATED:
      return new Problem(
        'temporal_refused',
        'Temporal refuses the credentials of sendproof. An operator has to check TEMPORAL_API_KEY or the TLS certificate, and their rights in the namespace. The log of the API has Temporal’s reason.',
        { cause, retryAfterSeconds: RETRY_AFTER_REPAIR_SECONDS },
      );
    case GRPC_STATUS.INVALID_ARGUMENT: {
      if (lacksSearchAttribute(reason)) return namespaceIncomplete(cause);
      const fault = exceededLimit(reason);
      // The same request is refused for ever.
      return fault && invalidRequest([fault], cause);
    }
    case GRPC_STATUS.NOT_FOUND:
      return /^namespace\b/i.test(reason) ? namespaceNotFound(cause) : workflowNotFound(cause);
    default:
      return undefined;
  }
}

function namespaceIncomplete(cause: unknown): Problem {
  return new Problem(
    'namespace_incomplete',
    `The Temporal namespace lacks a search attribute, or has it with another type: nothing was accepted. An operator has to register it: /readyz and the log of the API name it, with the command. ${SEND_AGAIN}`,
    { cause, retryAfterSeconds: RETRY_AFTER_REPAIR_SECONDS },
  );
}

function noAnswer(cause: unknown): Problem {
  return new Problem('temporal_unavailable', `Temporal didn’t answer. ${SEND_AGAIN}`, {
    cause,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

function apiStops(cause: unknown): Problem {
  return new Problem(
    'temporal_unavailable',
    `The API stops, and Temporal didn’t answer. ${SEND_AGAIN}`,
    {
      cause,
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    },
  );
}

function overloaded(detail: string, cause: unknown): Problem {
  return new Problem('overloaded', detail, { cause, retryAfterSeconds: RETRY_AFTER_SECONDS });
}

function namespaceNotFound(cause: unknown): Problem {
  return new Problem(
    'namespace_not_found',
    'Temporal doesn’t know the namespace that sendproof is configured with. An operator has to create it or correct TEMPORAL_NAMESPACE.',
    { cause, retryAfterSeconds: RETRY_AFTER_REPAIR_SECONDS },
  );
}

/** A message is looked up before anything is asked of its workflow, so the workflow ended in between. */
function workflowNotFound(cause: unknown): Problem {
  return new Problem(
    'not_found',
    'The message ended while the request was handled, so there is nothing left to act on. Its status tells how it ended.',
    { cause },
  );
}
