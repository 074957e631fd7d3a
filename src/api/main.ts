#!/usr/bin/env node
/** The API process: stateless, as many as are needed beside each other. */
import { runProcess } from '../lib/process.js';
import { runApiProcess } from './process.js';

await runProcess('sendproof-api', process.env, runApiProcess);
