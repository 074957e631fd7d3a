import { defineConfig } from 'vitest/config';
import prove from './vitest.prove.config.js';

/** All proofs, also those that take longer than an integration of a change should. */
export default defineConfig({
  test: {
    ...prove.test,
    projects: undefined,
    maxWorkers: 1,
    include: ['test/prove/**/*.test.ts'],
    outputFile: { json: 'test-results/prove-all.json' },
  },
});
