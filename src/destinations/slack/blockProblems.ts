/**
 * What Slack found wrong with a request, in words of ours. Slack names the places in `errors` and in
 * `response_metadata.messages`, as `must be less than 3001 characters [json-pointer:/blocks/0/text/text]`, and may quote the
 * message: only the kind of the problem and the place are taken from it.
 */

/** More would be of no use to anybody. */
const MOST_NAMED = 5;

/** Names and positions, as those of the blocks that this adapter makes. */
const PLACE = /\[json-pointer:((?:\/[A-Za-z0-9_]{1,40}){1,15})\/?\]/;

const KINDS: [RegExp, string][] = [
  [/less than|at most|no more than|too (?:long|many|large)|exceed|maximum/i, 'too long'],
  [/more than|at least|too (?:short|few)|empty|minimum/i, 'empty or too short'],
  [/missing|required/i, 'missing'],
  [/additional|unsupported|unknown|not allowed|unexpected/i, 'not allowed'],
  [
    /must (?:be|provide) an? (?:valid )?(?:string|number|object|array|boolean|integer|type)/i,
    'of the wrong type',
  ],
  [/url|link/i, 'not an acceptable address'],
];

/**
 * As `too long: /blocks/0/text/text; missing: /blocks/1/elements`; undefined where Slack named no problem.
 *
 * @param answer Slack's JSON
 */
export function describeProblems(answer: Record<string, unknown>): string | undefined {
  const { errors, response_metadata: metadata } = answer;
  const messages = (metadata as { messages?: unknown } | null | undefined)?.messages;
  const named = [errors, messages]
    .flatMap((list): unknown[] => (Array.isArray(list) ? list : []))
    .flatMap((text) => (typeof text === 'string' ? (describeProblem(text) ?? []) : []));
  return named.length === 0 ? undefined : [...new Set(named)].slice(0, MOST_NAMED).join('; ');
}

function describeProblem(text: string): string | undefined {
  const place = PLACE.exec(text)?.[1];
  const kind = KINDS.find(([pattern]) => pattern.test(text.replace(PLACE, '')))?.[1];
  if (place === undefined) return kind;
  return `${kind ?? 'not valid'}: ${place}`;
}
