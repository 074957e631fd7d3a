import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FAILURES_ARE_ENCODED } from '../contract/encodedFailures.js';

/** The workflow code in one file, beside the compiled code in `dist/`: `bundleWorkflows.ts` writes it, workers run it. */
export const WORKFLOW_BUNDLE = fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url));

/** The bundle of a worker that encrypts content: it hides what the failures of workflows say, too. */
export function withEncodedFailures(workflowBundle: string): { code: string } {
  const code = readFileSync(workflowBundle, 'utf8');
  return { code: `globalThis.${FAILURES_ARE_ENCODED} = true;${code}` };
}
