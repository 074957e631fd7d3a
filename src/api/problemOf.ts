import { NoPlace } from '../acceptance/acceptUnroutable.js';
import { MessageRefused } from '../acceptance/refusal.js';
import { unreadableContentIn } from '../temporal/encryption/unreadableContent.js';
import { bodyTooLarge, invalidRequest, Problem } from './problem.js';
import { temporalProblem } from './temporalProblem.js';

/** People have to correct something first. */
const RETRY_AFTER_CORRECTION_S = 60;

/** The problem that answers a request in which this was thrown; an `internal_error` for what nobody foresaw. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof MessageRefused) return refusal(error);
  if (error instanceof NoPlace) {
    // It can be sent again once the configuration is corrected, so its sender is to keep it.
    const options = { retryAfterSeconds: RETRY_AFTER_CORRECTION_S, cause: error };
    return new Problem('not_accepted', error.message, options);
  }
  if (error instanceof URIError) {
    return new Problem(
      'invalid_request',
      'The path is not percent-encoded UTF-8. Encode the key as encodeURIComponent does.',
      {
        cause: error,
      },
    );
  }
  const unreadable = unreadableContentIn(error);
  if (unreadable) {
    const options = { retryAfterSeconds: RETRY_AFTER_CORRECTION_S, cause: error };
    return new Problem('content_unreadable', unreadable.message, options);
  }
  return (
    bodyProblem(error) ??
    temporalProblem(error) ??
    new Problem('internal_error', 'The error is in the log of the API.', { cause: error })
  );
}

function refusal(error: MessageRefused): Problem {
  const { faults, kind } = error;
  if (kind === 'invalid') return invalidRequest(faults, error);
  const detail = faults.map((fault) => fault.detail).join('; ');
  return new Problem('deduplication_key_reused', detail, { errors: faults, cause: error });
}

/** What express's body parser throws: https://github.com/stream-utils/raw-body, https://github.com/expressjs/body-parser */
function bodyProblem(cause: unknown): Problem | undefined {
  if (!(cause instanceof Error)) return undefined;
  const { type, limit } = cause as { type?: unknown; limit?: number };
  switch (type) {
    case 'entity.parse.failed':
      return new Problem('malformed_json', 'Send one JSON object, encoded in UTF-8.', { cause });
    case 'entity.too.large':
      return bodyTooLarge(limit ?? '?', cause);
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return new Problem('unsupported_media_type', 'Send JSON in UTF-8, without compression.', {
        cause,
      });
    case 'parameters.too.many':
    case 'querystring.parse.rangeError':
      return new Problem('invalid_request', 'The form has too many fields.', { cause });
    case 'request.aborted':
    case 'request.size.invalid':
      return new Problem('invalid_request', 'The body ended before its announced length.', {
        cause,
      });
    default:
      return undefined;
  }
}
