/** The results of `doctor`, one line each. */

export interface Finding {
  /** `note`: neither, because it cannot be checked, or because another failure prevents the check. */
  state: 'ok' | 'broken' | 'note';
  what: string;
  /** The next step. Present with every `broken`. */
  remedy?: string;
}

export interface Section {
  title: string;
  findings: Finding[];
}

export function ok(what: string): Finding {
  return { state: 'ok', what };
}

export function broken(what: string, remedy: string): Finding {
  return { state: 'broken', what, remedy };
}

export function note(what: string, remedy?: string): Finding {
  return { state: 'note', what, ...(remedy !== undefined && { remedy }) };
}
