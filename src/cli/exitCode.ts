/** The exit codes of the process; documented in docs/reference/cli.md. */
export const ExitCode = {
  done: 0,
  /** The API refused the request, or the command failed. `doctor`: a check failed. */
  failed: 1,
  usage: 2,
  /** The API cannot be reached. Whether it handled the request is unknown. */
  unreachable: 3,
  /** While waiting: dead-lettered, discarded, expired or cancelled. */
  notDelivered: 4,
  /** While waiting: still being delivered when the timeout ended. */
  stillDelivering: 5,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
