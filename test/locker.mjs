/** Locks the data directory that its argument names, says so to its parent, and holds the lock until it is killed. */
import process from 'node:process';
import { setInterval } from 'node:timers';
import { lockDataDirectory } from '../dist/src/start/dataDirectory.js';

const log = { error: () => undefined };
const outcome = await lockDataDirectory(process.argv[2], log).then(
  () => 'locked',
  (error) => (error.name === 'ConfigurationError' ? 'refused' : String(error)),
);
process.send(outcome);
setInterval(() => undefined, 60_000);
