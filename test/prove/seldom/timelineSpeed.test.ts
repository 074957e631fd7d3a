import { it } from 'vitest';
import { proveTimelineSpeed } from '../../timelineProof.js';

it('answers for the timeline of 10,000 messages without a worker, 99 of 100 times within 50 ms', async () => {
  await proveTimelineSpeed({ messages: 10_000, questions: 2_000, p99Ms: 50 });
});
