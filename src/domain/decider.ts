/** Who decided: the caller's own name, and the one that the request gives. Both are kept as one text, as `by` always was. */
export interface Decider {
  by: string;
  /** Who the request says that decides; nobody has checked it. */
  claimedBy?: string | undefined;
}

/** No name of a key has a space, so that the first of these ends it. */
const FORM = /^(?<by>.+?) \(claimed: (?<claimedBy>.+)\)$/s;

/** As `on-call (claimed: Ada Lovelace)`. */
export function deciderText({ by, claimedBy }: Decider): string {
  return claimedBy === undefined ? by : `${by} (claimed: ${claimedBy})`;
}

export function deciderOf(text: string): Decider {
  const { by, claimedBy } = FORM.exec(text)?.groups ?? {};
  return by === undefined ? { by: text } : { by, claimedBy };
}

/** The same action with the two names apart. */
export function withDecider<Action extends { by?: string | undefined }>(
  action: Action,
): Action & { claimedBy?: string | undefined } {
  return action.by === undefined ? action : { ...action, ...deciderOf(action.by) };
}
