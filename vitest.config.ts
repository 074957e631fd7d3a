import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that wait longest, first: then short ones fill the end, and no core is idle there. */
const FOLDERS = ['test/faults/', 'test/integration/', 'test/replay/', 'test/unit/'];

class LongestFolderFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) =>
      FOLDERS.findIndex((folder) => moduleId.includes(folder));
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other));
  }
}

const withServer: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: 'server',
    include: ['test/{integration,faults,replay}/**/*.test.ts'],
    globalSetup: 'test/server.ts',
  },
};

const unit: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: 'unit',
    include: ['test/unit/**/*.test.ts'],
    setupFiles: 'test/unit/noTracingLeft.ts',
  },
};

export default defineConfig({
  test: {
    projects: [withServer, unit],
    // Files share what they load. To load it anew for each file took longer than the tests.
    isolate: false,
    // Most files wait for timers of retries most of the time: on two cores, a third one at once takes a fifth off the whole.
    maxWorkers: 3,
    sequence: { sequencer: LongestFolderFirst },
    // Longer than the waits in them, so that a wait that fails says what it waited for.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ['default', 'json'],
    outputFile: { json: 'test-results/test.json' },
    // Asked for with --coverage, as `npm run test:coverage` does. It takes a tenth of the time.
    coverage: {
      include: ['src/**/*.{ts,tsx}'],
      reporter: ['text-summary', 'json-summary', 'html'],
      reportsDirectory: 'test-results/coverage',
      reportOnFailure: true,
    },
  },
});
