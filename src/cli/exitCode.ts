/** What the process's exit code says; documented in docs/cli.md. */
export const ExitCode = {
  done: 0,
  /** The API refused, or something that was asked for could not be done. `doctor`: something is broken. */
  failed: 1,
  usage: 2,
  /** The API was not reached, so whether it did something is for a second try to say. */
  unreachable: 3,
  /** While waiting: dead-lettered, discarded, expired or cancelled. */
  notDelivered: 4,
  /** While waiting: still being delivered when the time was up. */
  stillDelivering: 5,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
