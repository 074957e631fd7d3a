import { defineConfig } from 'vitest/config';
import prove from './vitest.prove.config.js';

/** Proofs on the full Temporal server with PostgreSQL, where several API processes and workers run beside each other. */
export default defineConfig({
  test: {
    ...prove.test,
    projects: undefined,
    maxWorkers: 1,
    include: [
      'test/cluster/*.test.ts',
      // The same that `npm test` and `npm run prove` demand of the embedded server: lists, dead letters, workers of two versions.
      'test/integration/{search,deadLetters,workerVersioning}.test.ts',
      'test/prove/olderWorkers.test.ts',
    ],
    globalSetup: 'test/cluster/setup.ts',
    outputFile: { json: 'test-results/prove-cluster.json' },
  },
});
