/**
 * The last step of the build: bundles the compiled workflow code into one file, so that workers start without a bundler.
 * Does nothing if that file is newer than all of its possible inputs.
 */
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DROP_PROMISE_STACKS } from './promiseStacks.js';
import { WORKFLOW_BUNDLE } from './workflowBundle.js';
import { webpackConfigHook } from './workflowWebpack.js';

/** This module is compiled to `dist/src/worker`. */
const COMPILED_SOURCES = fileURLToPath(new URL('..', import.meta.url));
const PACKAGES = fileURLToPath(
  new URL('../../../node_modules/.package-lock.json', import.meta.url),
);

if ((await modifiedAt(WORKFLOW_BUNDLE)) < (await newestInput())) {
  // Imported only when it is needed: loading the bundler takes longer than the comparison above.
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const workflowsPath = join(COMPILED_SOURCES, 'workflows/index.js');
  const interceptorsPath = join(COMPILED_SOURCES, 'workflows/tracing/interceptors.js');
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    failureConverterPath: join(COMPILED_SOURCES, 'workflows/failureConverter.js'),
    // Always there: a history must replay alike whether or not its traces are exported.
    workflowInterceptorModules: [interceptorsPath],
    // Evaluated once for all workflows, which would have a copy each: these modules remember nothing
    // (test/unit/sharedWorkflowModules.test.ts). OpenTelemetry's do (workflowWebpack.ts).
    preloadModules: [workflowsPath, interceptorsPath],
    webpackConfigHook,
    logger: new DefaultLogger('WARN'),
  });
  await writeFile(WORKFLOW_BUNDLE, DROP_PROMISE_STACKS + code);
}

async function newestInput(): Promise<number> {
  const names = await readdir(COMPILED_SOURCES, { recursive: true });
  const files = names
    .filter((name) => name.endsWith('.js'))
    .map((name) => join(COMPILED_SOURCES, name));
  return Math.max(...(await Promise.all([PACKAGES, ...files].map(modifiedAt))));
}

/** In milliseconds since the epoch; 0 if the file doesn't exist. */
async function modifiedAt(file: string): Promise<number> {
  const stats = await stat(file).catch(() => undefined);
  return stats?.mtimeMs ?? 0;
}
