import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

/** What assert how long something takes, or how often something happens in a time. */
const OF_FIGURES = [
  'batches',
  'bench',
  'conversations',
  'deadLetters',
  'eventSpeed',
  'intake',
  'kafka',
  'largeBatch',
  'largeBodies',
  'manyDestinations',
  'pacing',
  'startStopped',
  'timelineSpeed',
].map((name) => `test/prove/${name}.test.ts`);

const each = {
  ...base.test,
  projects: undefined,
  // Figures of one proof must not depend on another.
  isolate: true,
  testTimeout: 10 * 60_000,
};

/** The proofs take minutes: volumes, kills by the dozen, random schedules. */
export default defineConfig({
  test: {
    ...each,
    globalSetup: 'test/server.ts',
    outputFile: { json: 'test-results/prove.json' },
    projects: [
      {
        test: {
          ...each,
          name: 'two at once',
          include: ['test/prove/*.test.ts'],
          exclude: OF_FIGURES,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...each,
          name: 'one at a time',
          include: OF_FIGURES,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
