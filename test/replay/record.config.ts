import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.js';

/** `npm run record-histories`: not a test, but it needs what the tests need. */
export default defineConfig({
  test: {
    ...base.test,
    projects: undefined,
    include: ['test/replay/record.ts'],
    globalSetup: 'test/server.ts',
    reporters: ['default'],
  },
});
