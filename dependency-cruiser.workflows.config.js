/**
 * What runs in Temporal's workflow sandbox: nothing that is reachable from `src/workflows/` may be a part of Node.js or a
 * package other than the workflow SDK's. Types are left out, since they don't run.
 */

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'workflows-run-without-node',
      severity: 'error',
      from: { path: '^src/workflows/' },
      to: { reachable: true, pathNot: '^(src/|node_modules/@temporalio/(workflow|common)/)' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: false,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types'] },
  },
};
