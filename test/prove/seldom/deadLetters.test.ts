import { proveDeadLetters } from '../../deadLetterProofs.js';

proveDeadLetters({ messages: 5_000, burst: { messages: 500, digestAfterSeconds: 90 } });
