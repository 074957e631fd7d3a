/** How the workflow code is joined to a bundle. */
import type { BundleOptions } from '@temporalio/worker';

export const webpackConfigHook: NonNullable<BundleOptions['webpackConfigHook']> = (webpack) => ({
  ...webpack,
  module: {
    ...webpack.module,
    rules: [
      ...(webpack.module?.rules ?? []),
      // Has a `require`, which the bundler overlooks in a module of a package like this one.
      { test: /[\\/]workflows[\\/]tracing[\\/]openTelemetry\.js$/, type: 'javascript/auto' },
    ],
  },
  // Each workflow in memory has its own copy of nearly every module: those of OpenTelemetry, 120 of them, take more than
  // all the rest where a trace is sampled. Joined, and without what is never used, they take a third less
  // (`npm run bench -- memory`).
  optimization: {
    ...webpack.optimization,
    concatenateModules: true,
    providedExports: true,
    usedExports: true,
    sideEffects: true,
  },
});
