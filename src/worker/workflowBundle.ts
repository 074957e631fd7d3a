import { fileURLToPath } from 'node:url';

/** The workflow code in one file, beside the compiled code in `dist/`: `bundleWorkflows.ts` writes it, workers run it. */
export const WORKFLOW_BUNDLE = fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url));
