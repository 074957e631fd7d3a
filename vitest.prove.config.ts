import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

/** The proofs take minutes: volumes, kills by the dozen, random schedules. One file at a time, so that figures hold. */
export default defineConfig({
  test: {
    ...base.test,
    projects: undefined,
    // Figures of one proof must not depend on another.
    isolate: true,
    include: ['test/prove/*.test.ts'],
    globalSetup: 'test/server.ts',
    maxWorkers: 1,
    testTimeout: 10 * 60_000,
    outputFile: { json: 'test-results/prove.json' },
  },
});
