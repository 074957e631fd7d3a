/** How the workflow code is joined to a bundle. */
import type { BundleOptions } from '@temporalio/worker';

type Webpack = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0];
type WebpackPlugin = Extract<NonNullable<Webpack['plugins']>[number], (...given: never[]) => void>;

/** The modules by which a workflow whose trace is sampled loads OpenTelemetry (`workflows/tracing/openTelemetry.ts`). */
const OPEN_TELEMETRY =
  /[\\/](@opentelemetry[\\/]api[\\/]build[\\/]esm[\\/]index\.js$|interceptors-opentelemetry-v2[\\/]lib[\\/]workflow[\\/]index\.js$)/;

/**
 * Keeps them apart from our modules, which all workflows share (bundleWorkflows.ts): joined to those they would be shared, too, and
 * what the trace of one workflow left in them, another would find.
 */
const openTelemetryByItself: WebpackPlugin = (compiler) => {
  compiler.hooks.compilation.tap('openTelemetryByItself', ({ hooks }) => {
    hooks.finishModules.tap('openTelemetryByItself', (modules) => {
      for (const module of modules) {
        if (!module.buildInfo || !OPEN_TELEMETRY.test(module.identifier())) continue;
        module.buildInfo.moduleConcatenationBailout = 'that each workflow has its own';
      }
    });
  });
};

export const webpackConfigHook: NonNullable<BundleOptions['webpackConfigHook']> = (webpack) => ({
  ...webpack,
  plugins: [...(webpack.plugins ?? []), openTelemetryByItself],
  module: {
    ...webpack.module,
    rules: [
      ...(webpack.module?.rules ?? []),
      // Has a `require`, which the bundler overlooks in a module of a package like this one.
      { test: /[\\/]workflows[\\/]tracing[\\/]openTelemetry\.js$/, type: 'javascript/auto' },
    ],
  },
  // A workflow whose trace is sampled has its own copy of 100 modules of OpenTelemetry. Joined, and without what is never used,
  // they take a third less (`npm run bench -- memory`).
  optimization: {
    ...webpack.optimization,
    concatenateModules: true,
    providedExports: true,
    usedExports: true,
    sideEffects: true,
  },
});
