/** A person as somebody else says: a proxy, or an identity provider. */
export interface Identity {
  name: string;
  groups: readonly string[];
}

const LONGEST_NAME = 200;

/** Whether it can be shown as the name of a person: no control characters, and none that reorder the text around it. */
export function isName(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.trim() !== '' &&
    value.length <= LONGEST_NAME &&
    // In history, this is where what somebody claims begins.
    !value.includes('(claimed: ') &&
    !/[\p{Cc}\p{Cs}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(value)
  );
}
