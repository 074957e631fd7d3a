import { it } from 'vitest';
import { proveOverhead } from '../../overheadProof.js';

it(
  'sendproof costs as little beside bare Temporal as the benchmark’s targets allow, and no event',
  async () => {
    await proveOverhead([], { throughput: 0.8, of: 'median', duration: 1.5 });
  },
  30 * 60_000,
);
