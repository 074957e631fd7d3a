import { userInfo } from 'node:os';
import { UsageError } from './errors.js';

/** The system's name for who runs the command. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    // A container may run as a user that its system has no name for.
    throw new UsageError('The system has no name for this user: say with --by who decides.', {
      cause: error,
    });
  }
}
