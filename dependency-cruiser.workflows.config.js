/**
 * What runs in Temporal's workflow sandbox: nothing that is reachable from `src/workflows/` may be a part of Node.js or a
 * package other than the workflow SDK's. Types are left out, since they don't run.
 */

const WORKFLOWS = '^(src/|node_modules/@temporalio/(workflow|common)/)';
/** Made ready for the sandbox by their library. */
const TRACES = '^node_modules/(@temporalio/interceptors-opentelemetry-v2|@opentelemetry/api)/';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'workflows-run-without-node',
      severity: 'error',
      from: { path: '^src/workflows/', pathNot: '^src/workflows/tracing/' },
      to: { reachable: true, pathNot: WORKFLOWS },
    },
    {
      name: 'tracing-runs-without-node',
      severity: 'error',
      from: { path: '^src/workflows/tracing/' },
      to: { reachable: true, pathNot: [WORKFLOWS, TRACES] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: false,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types'] },
  },
};
