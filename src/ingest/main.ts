#!/usr/bin/env node
/** The process that consumes queues: stateless, as many as are needed beside each other. */
import { runProcess } from '../lib/process.js';
import { runIngestProcess } from './process.js';

await runProcess('sendproof-ingest', process.env, runIngestProcess);
