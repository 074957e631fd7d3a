#!/usr/bin/env node
/** The `sendproof` command. */
import { runCli } from './program.js';
import { dropWhatNobodyReads } from './unreadOutput.js';

dropWhatNobodyReads(process.stdout);
dropWhatNobodyReads(process.stderr);

process.exitCode = await runCli(process.argv.slice(2), {
  environment: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
});
