import { userInfo } from 'node:os';
import { UsageError } from './errors.js';

/** The name of the user who runs the command. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    // A container may run as a user id without a name.
    throw new UsageError(
      'This user has no name on this system: add --by with the person who decides.',
      { cause: error },
    );
  }
}
