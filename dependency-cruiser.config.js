/**
 * The rule of the layout, as a check: a module imports only from those before it in the list; types count.
 * `docs/architecture.md` says what belongs in each.
 */

/** From the ground up. `sees`: where a module may see less than all that is before it. */
const MODULES = [
  { name: 'lib', sees: [] },
  { name: 'domain' },
  { name: 'sandbox', sees: ['lib'] },
  { name: 'contract', sees: ['lib', 'domain'] },
  { name: 'temporal' },
  { name: 'http' },
  { name: 'links', sees: ['lib', 'domain'] },
  { name: 'explanation' },
  { name: 'destinations' },
  { name: 'acknowledgements' },
  { name: 'telemetry' },
  { name: 'embedded' },
  { name: 'store' },
  { name: 'workflows', sees: ['lib', 'domain', 'contract'] },
  { name: 'templates' },
  { name: 'sources' },
  { name: 'routing' },
  { name: 'queues' },
  { name: 'config' },
  { name: 'accounts' },
  { name: 'acceptance' },
  { name: 'activities' },
  { name: 'api' },
  { name: 'ingest' },
  { name: 'worker' },
  { name: 'start' },
  { name: 'prove' },
  { name: 'cli' },
];

const names = MODULES.map(({ name }) => name);
const folders = (modules) => `^src/(${modules.join('|')})/`;

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'listed-module',
      comment: 'Everything in src/ is in one of the modules of this list.',
      severity: 'error',
      from: { path: '^src/', pathNot: folders(names) },
      to: {},
    },
    {
      name: 'src-stands-alone',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|worker[.]ts)' },
    },
    {
      name: 'sdk-internals-in-one-file',
      comment:
        'What the Temporal SDK does not promise to keep is imported by src/temporal/sdkInternals.ts alone.',
      severity: 'error',
      from: { pathNot: '^(node_modules/|src/temporal/sdkInternals[.]ts$)' },
      // The interceptors for workflows are where the documentation of the SDK has them.
      to: {
        path: '(^|/)@temporalio/[^/]+/lib/(?!index[.])',
        pathNot: '/interceptors-opentelemetry-v2/lib/workflow/index[.]',
      },
    },
    ...MODULES.map(({ name, sees = names.slice(0, names.indexOf(name)) }) => ({
      name: `${name}-imports-downward`,
      comment: `${name} may import from: ${sees.join(', ') || 'no other module'}.`,
      severity: 'error',
      from: { path: folders([name]) },
      to: { path: '^src/', pathNot: folders([name, ...sees]) },
    })),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types'] },
  },
};
