import { it } from 'vitest';
import { proveTimelineSpeed } from '../timelineProof.js';

// The target is 50 ms on a quiet machine: `seldom/` shows it. A question that a worker had to answer would take seconds.
it('answers for the timeline of 3,000 messages without a worker, 99 of 100 times at once', async () => {
  await proveTimelineSpeed({ messages: 3_000, questions: 1_000, p99Ms: 200 });
});
