#!/usr/bin/env node
/** The worker process: runs the workflows and delivers. Stateless, as many as are needed beside each other. */
import { runProcess } from './src/lib/process.js';
import { runWorkerProcess } from './src/worker/process.js';

await runProcess('sendproof-worker', process.env, runWorkerProcess);
