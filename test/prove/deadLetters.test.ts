import { proveDeadLetters } from '../deadLetterProofs.js';

proveDeadLetters({ messages: 1_000, burst: { messages: 100, digestAfterSeconds: 40 } });
