/** What `doctor` finds out, one line each. */

export interface Finding {
  /** `note`: neither well nor broken, as what can't be seen or was not looked at because of something broken. */
  state: 'ok' | 'broken' | 'note';
  what: string;
  /** What to do about it; given with everything that is broken. */
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
