import { invalidRequest } from './problem.js';

/**
 * The parameters of a query string or of a form's body. Throws a Problem that names each parameter that is not percent-encoded
 * UTF-8, or is given more than once: of two values, neither is certainly the one that is meant.
 */
export function parseParameters(text: string): Record<string, string> {
  const values = new Map<string, string>();
  const wrong = new Map<string, string>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const [rawName = '', ...rest] = pair.split('=');
    const name = decoded(rawName);
    const value = decoded(rest.join('='));
    const field = name ?? rawName;
    if (name === undefined || value === undefined) wrong.set(field, NOT_ENCODED);
    else if (values.has(name)) wrong.set(field, 'is given more than once: send it once');
    else values.set(name, value);
  }
  if (wrong.size > 0) {
    throw invalidRequest([...wrong].map(([field, detail]) => ({ field, detail })));
  }
  return Object.fromEntries(values);
}

const NOT_ENCODED = 'is not percent-encoded UTF-8: encode it as encodeURIComponent does';

/** Undefined where it isn't percent-encoded UTF-8. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
