#!/usr/bin/env node
/** The `sendproof` command. */
import { runCli } from './program.js';

// The reader may close the pipe before the end: `sendproof list --all | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

process.exitCode = await runCli(process.argv.slice(2), {
  environment: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
});
