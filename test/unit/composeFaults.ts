/**
 * What can be wrong with the files that run sendproof in containers, found without a container engine: each check returns
 * the faults it finds, in words. The Compose schema itself is checked by dclint, in the test.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ms from 'ms';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { parseDockerfile, type DockerfileStage } from './composeDockerfile.js';

/** The texts that belong together. Paths in them are relative to the root of the repository. */
export interface ContainerFiles {
  compose: string;
  dockerfile: string;
  dockerignore: string;
  dynamicConfig: string;
  /** The example of the variables that the compose file takes. */
  variables: string;
  /** The documentation of the operator. */
  operations: string;
}

export const ROOT = join(import.meta.dirname, '../..');
export const COMPOSE_FILE = 'docker-compose.temporal.yml';

export function readContainerFiles(): ContainerFiles {
  const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
  return {
    compose: read(COMPOSE_FILE),
    dockerfile: read('Dockerfile'),
    dockerignore: read('.dockerignore'),
    dynamicConfig: read('deploy/temporal/dynamic-config/sendproof.yaml'),
    variables: read('deploy/compose.example.env'),
    operations: read('docs/how-to/operate/compose.md'),
  };
}

const dependencySchema = z.object({
  condition: z.enum(['service_started', 'service_healthy', 'service_completed_successfully']),
});
const volumeSchema = z.union([
  z.string().transform((text) => {
    const [source = '', target = ''] = text.split(':');
    return { source, target };
  }),
  z.object({ source: z.string(), target: z.string() }),
]);
const serviceSchema = z.object({
  image: z.string().optional(),
  build: z.object({ context: z.string(), target: z.string() }).optional(),
  depends_on: z.record(z.string(), dependencySchema).default({}),
  environment: z.record(z.string(), z.string().nullable()).default({}),
  env_file: z.array(z.object({ path: z.string(), required: z.boolean() })).default([]),
  volumes: z.array(volumeSchema).default([]),
  ports: z.array(z.string()).default([]),
  networks: z.array(z.string()).default([]),
  command: z.array(z.string()).default([]),
  restart: z.string().optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  stop_grace_period: z.string().optional(),
});
type Service = z.infer<typeof serviceSchema>;
const composeSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  networks: z.record(z.string(), z.object({ internal: z.boolean().optional() }).nullable()),
  volumes: z.record(z.string(), z.unknown()),
});
type Compose = z.infer<typeof composeSchema>;

/** Every fault of the files, as one sentence each; none where all is well. */
export function containerFaults(files: ContainerFiles): string[] {
  const compose = composeSchema.parse(parseYaml(files.compose, { merge: true }));
  const stages = parseDockerfile(files.dockerfile);
  const services = Object.entries(compose.services).flatMap(([name, service]) =>
    [
      ...imageFaults(service),
      ...dependencyFaults(service, compose, stages),
      ...pathFaults(service, compose),
      ...networkFaults(service, compose),
      ...portFaults(service),
      ...(service.build ? sendproofFaults(service, stages) : []),
    ].map((fault) => `${name}: ${fault}`),
  );
  return [
    ...services,
    ...versionFaults(compose),
    ...variableFaults(files),
    ...dynamicConfigFaults(files.dynamicConfig),
    ...dockerfileFaults(stages, files.dockerignore),
  ];
}

/** A version in numbers: a tag such as `latest`, `16` or `lts` is another image tomorrow. */
const PINNED = /^[a-z0-9./-]+:\d+\.\d+(\.\d+)?(-[a-z0-9.-]+)?$/;

function imageFaults({ image, build }: Service): string[] {
  if (build) return [];
  if (image === undefined) return ['has neither an image nor a build'];
  return PINNED.test(image) ? [] : [`the image ${image} is not pinned to a version`];
}

function dependencyFaults(
  { depends_on: dependencies }: Service,
  { services }: Compose,
  stages: DockerfileStage[],
): string[] {
  return Object.entries(dependencies).flatMap(([name, { condition }]) => {
    const dependency = services[name];
    if (!dependency) return [`depends on ${name}, which is no service`];
    if (condition === 'service_healthy' && !hasHealthcheck(dependency, stages)) {
      return [`waits for ${name} to be healthy, which has no healthcheck`];
    }
    const ends = dependency.restart?.startsWith('on-failure') ?? false;
    return condition === 'service_completed_successfully' && !ends
      ? [`waits for ${name} to complete, which is restarted when it does`]
      : [];
  });
}

function hasHealthcheck({ build, healthcheck }: Service, stages: DockerfileStage[]): boolean {
  const stage = stages.find(({ name }) => name === build?.target);
  const instructions = stage?.instructions.map(({ keyword }) => keyword);
  return healthcheck !== undefined || (instructions?.includes('HEALTHCHECK') ?? false);
}

function pathFaults(service: Service, { volumes }: Compose): string[] {
  const mounted = service.volumes.flatMap(({ source }) => {
    if (source.startsWith('.')) return isInRepository(source) ? [] : [`${source} doesn't exist`];
    return source in volumes ? [] : [`the volume ${source} is not declared`];
  });
  const variables = service.env_file
    .filter(({ path, required }) => required && !isInRepository(path))
    .map(({ path }) => `${path} doesn't exist`);
  const context = service.build?.context;
  const built =
    context !== undefined && !isInRepository(context) ? [`${context} doesn't exist`] : [];
  const scripts = service.command
    .filter((argument) => argument.endsWith('.sh'))
    .filter((script) => !isMounted(script, service))
    .map((script) => `${script} is not in a mounted folder`);
  return [...mounted, ...variables, ...built, ...scripts];
}

function isInRepository(path: string): boolean {
  return existsSync(join(ROOT, path));
}

function isMounted(path: string, { volumes }: Service): boolean {
  return volumes.some(
    ({ source, target }) =>
      path.startsWith(`${target}/`) && isInRepository(join(source, path.slice(target.length))),
  );
}

function networkFaults({ networks, ports }: Service, compose: Compose): string[] {
  const undeclared = networks
    .filter((name) => !(name in compose.networks))
    .map((name) => `the network ${name} is not declared`);
  const closed = networks.every((name) => compose.networks[name]?.internal);
  const unreachable = ports.length > 0 && closed ? ['its port is published from no network'] : [];
  return [...undeclared, ...unreachable];
}

function portFaults({ ports }: Service): string[] {
  return ports
    .filter((port) => !port.startsWith('127.0.0.1:'))
    .map((port) => `${port} is published beyond loopback`);
}

/** One of sendproof's own two services. */
function sendproofFaults(service: Service, stages: DockerfileStage[]): string[] {
  const target = service.build?.target;
  const known = knownVariables();
  const unknown = Object.keys(service.environment)
    .filter((name) => !known.has(name))
    .map((name) => `${name} is no variable that sendproof reads`);
  const missing = stages.some(({ name }) => name === target)
    ? []
    : [`the Dockerfile has no target ${String(target)}`];
  return [
    ...unknown,
    ...missing,
    ...(target === 'api' ? apiFaults(service) : []),
    ...(target === 'worker' ? workerFaults(service) : []),
  ];
}

function apiFaults({ environment }: Service): string[] {
  const required = environment.SENDPROOF_API_KEYS?.startsWith('${SENDPROOF_API_KEYS:?');
  return required ? [] : ['SENDPROOF_API_KEYS is not required'];
}

function workerFaults({ stop_grace_period: period = '10s' }: Service): string[] {
  return ms(period as ms.StringValue) > workerShutdownGraceMs()
    ? []
    : [`${period} is too short for what the worker has under way`];
}

function workerShutdownGraceMs(): number {
  const source = readFileSync(join(ROOT, 'src/worker/workers.ts'), 'utf8');
  const duration = /SHUTDOWN_GRACE_TIME = '(?<duration>\w+)'/.exec(source)?.groups?.duration;
  if (duration === undefined) throw new Error('SHUTDOWN_GRACE_TIME is not in workers.ts any more');
  return ms(duration as ms.StringValue);
}

/** The names of variables in the product's code, and those that Temporal's own configuration reads for it. */
function knownVariables(): Set<string> {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(join(ROOT, 'src', path), 'utf8'));
  const names = sources.flatMap((source) => source.match(/\b[A-Z][A-Z0-9_]{3,}\b/g) ?? []);
  return new Set([...names, 'TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE']);
}

/** The server, and the tools that make its schema, are one version. */
function versionFaults({ services }: Compose): string[] {
  const images = Object.values(services).map(({ image }) => image ?? '');
  const versions = images
    .filter((image) => /^temporalio\/(server|admin-tools):/.test(image))
    .map((image) => image.split(':')[1]);
  return new Set(versions).size === 1
    ? []
    : [`Temporal's server and tools differ: ${versions.join(', ')}`];
}

/** `${NAME}`, `${NAME:-default}` and `${NAME:?message}`. */
const VARIABLE = /\$\{(?<name>[A-Z0-9_]+)(?<form>:[-?])?(?<rest>[^}]*)\}/g;

function variableFaults({ compose, variables, operations }: ContainerFiles): string[] {
  return [...compose.matchAll(VARIABLE)].flatMap(({ groups = {} }) => {
    const { name = '', form, rest } = groups;
    return [
      ...(form === undefined ? [`\${${name}} is neither required nor has a default`] : []),
      ...(form === ':?' && rest === '' ? [`\${${name}} is required without saying so`] : []),
      ...(operations.includes(`\`${name}\``)
        ? []
        : [`${name} is not in docs/how-to/operate/compose.md`]),
      ...(new RegExp(`^#?${name}=`, 'm').test(variables)
        ? []
        : [`${name} is not in deploy/compose.example.env`]),
    ];
  });
}

/** Without these, fairness keys and their limits are ignored, or kept only on average or of some keys; and few may search. */
const DYNAMIC_CONFIG = {
  'matching.useNewMatcher': true,
  'matching.enableFairness': true,
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
  'matching.fairnessKeyRateLimitCacheSize': 100_000,
  'frontend.namespaceRPS.visibility': 500,
  'frontend.namespaceBurstRatio.visibility': 2,
};
const dynamicConfigSchema = z.record(
  z.string(),
  z.array(z.object({ value: z.unknown(), constraints: z.object().optional() })),
);

function dynamicConfigFaults(text: string): string[] {
  const settings = dynamicConfigSchema.parse(parseYaml(text));
  return Object.entries(DYNAMIC_CONFIG)
    .filter(([name, wanted]) => {
      const values = settings[name] ?? [];
      const [only] = values;
      return values.length !== 1 || only?.constraints !== undefined || only?.value !== wanted;
    })
    .map(([name, wanted]) => `${name} is not ${wanted} everywhere`);
}

function dockerfileFaults(stages: DockerfileStage[], dockerignore: string): string[] {
  return stages.flatMap((stage, index) => {
    const earlier = stages.slice(0, index);
    return [
      ...baseFaults(stage, earlier),
      ...copyFaults(stage, earlier, dockerignore),
      ...(['api', 'worker'].includes(stage.name) ? processFaults(stage, stages) : []),
    ];
  });
}

function baseFaults({ name, base }: DockerfileStage, earlier: DockerfileStage[]): string[] {
  if (earlier.some((stage) => stage.name === base)) return [];
  return [
    ...(PINNED.test(base) ? [] : [`${name}: the image ${base} is not pinned to a version`]),
    ...(base.includes('alpine')
      ? [`${name}: Temporal's core bridge doesn't run on musl (${base})`]
      : []),
  ];
}

function copyFaults(
  { name, instructions }: DockerfileStage,
  earlier: DockerfileStage[],
  dockerignore: string,
): string[] {
  const allowed = dockerignore
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  return instructions
    .filter(({ keyword }) => keyword === 'COPY')
    .flatMap(({ words }) => {
      const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
      const sources = words.filter((word) => !word.startsWith('--')).slice(0, -1);
      if (from !== undefined) {
        const stage = earlier.find((each) => each.name === from);
        return stage ? [] : [`${name}: copies from ${from}, which is no earlier stage`];
      }
      return sources
        .filter((source) => !isInRepository(source) || !allowed.includes(source))
        .map((source) => `${name}: copies ${source}, which is not in the build context`);
    });
}

/** A stage that runs: as whom, and what. */
function processFaults(stage: DockerfileStage, stages: DockerfileStage[]): string[] {
  const instructions = lineage(stage, stages).flatMap((each) => each.instructions);
  const user = instructions.findLast(({ keyword }) => keyword === 'USER')?.words[0] ?? 'root';
  const command = instructions.findLast(({ keyword }) => keyword === 'CMD')?.text ?? '';
  const compiled = /"\/app\/dist\/(?<path>[^"]+)\.js"/.exec(command)?.groups?.path;
  return [
    ...(['root', '0'].includes(user) ? [`${stage.name}: runs as root`] : []),
    ...(compiled !== undefined && isInRepository(`${compiled}.ts`)
      ? []
      : [`${stage.name}: starts what is not built: ${command}`]),
  ];
}

/** The stage after those that it is built on. */
function lineage(stage: DockerfileStage, stages: DockerfileStage[]): DockerfileStage[] {
  const base = stages.find(({ name }) => name === stage.base);
  return base ? [...lineage(base, stages), stage] : [stage];
}
