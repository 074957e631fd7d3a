import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

/** Only what needs neither a build nor a Temporal server, for a quick answer while code is being written. */
export default defineConfig({
  test: {
    ...base.test,
    projects: undefined,
    include: ['test/unit/**/*.test.ts'],
    maxWorkers: '100%',
    reporters: ['default'],
    outputFile: {},
  },
});
