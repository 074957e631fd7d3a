/** Every `type` of a problem document, with its HTTP status and title. */
export const PROBLEMS = {
  invalid_request: [400, 'The request is not valid'],
  malformed_json: [400, 'The body is not valid JSON'],
  malformed_text: [400, 'The body is not UTF-8'],
  malformed_body: [400, 'The body can’t be decompressed'],
  not_authenticated: [401, 'An API key is needed'],
  not_authentic: [401, 'The request is not from this source'],
  not_allowed: [403, 'The caller may not do this'],
  foreign_site: [403, 'The request was made by another site'],
  foreign_form: [403, 'The form was not sent from this site'],
  not_found: [404, 'The resource does not exist'],
  method_not_allowed: [405, 'The path does not take this method'],
  no_dead_letters: [409, 'No dead letter matches the filter'],
  nothing_to_decide: [409, 'No delivery of this message needs a decision'],
  nothing_to_reschedule: [409, 'The message has begun'],
  nothing_to_cancel: [409, 'The message has ended'],
  body_too_large: [413, 'The body is too large'],
  unsupported_media_type: [415, 'The body must be JSON in UTF-8'],
  wrong_host: [421, 'The host is not this API’s'],
  deduplication_key_reused: [422, 'The deduplication key was used for other content'],
  too_many_requests: [429, 'The caller makes too many requests'],
  internal_error: [500, 'The API has an internal error'],
  content_unreadable: [503, 'The content can’t be decrypted'],
  not_accepted: [503, 'The request was not accepted'],
  temporal_unavailable: [503, 'Temporal doesn’t answer'],
  temporal_refused: [503, 'Temporal refuses the credentials of sendproof'],
  namespace_not_found: [503, 'The Temporal namespace doesn’t exist'],
  namespace_incomplete: [503, 'The Temporal namespace lacks a search attribute'],
  queue_unavailable: [503, 'The queue in front of the API can’t be used'],
  no_worker: [503, 'No worker is running'],
  overloaded: [503, 'Too many requests at once'],
} as const;

export type ProblemType = keyof typeof PROBLEMS;

export const PROBLEM_TYPES = Object.keys(PROBLEMS) as [ProblemType, ...ProblemType[]];
