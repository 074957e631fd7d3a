/** What the Helm chart and the rest of the product must agree on. That Kubernetes takes what it renders, `.ci/check-chart` checks. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { VARIABLE_NAMES } from '../../src/lib/environment.js';
import { parseDockerfile } from './composeDockerfile.js';

const CHART = 'deploy/helm/sendproof';
const COMPONENTS = ['api', 'worker', 'ingest'];
/** All parts of a process together, as docs/how-to/operate/kubernetes.md says. */
const LONGEST_STOP_S = 38;

type Values = Record<string, unknown>;

const read = (path: string): string => readFileSync(join(CHART, path), 'utf8');
const values = parse(read('values.yaml')) as Values;
const all = parse(read('ci/all.yaml')) as Values & { environment: object };
const templates = readdirSync(join(CHART, 'templates')).map((name) => read(`templates/${name}`));

function at(root: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Values)[name]
        : undefined,
    root,
  );
}

/** The paths after this beginning, in all templates. */
function pathsAfter(beginning: RegExp): string[][] {
  const pattern = new RegExp(`(?<![\\w$])${beginning.source}((?:\\.\\w+)+)`, 'g');
  const found = templates.flatMap((text) =>
    [...text.matchAll(pattern)].map(([, path = '']) => path),
  );
  return [...new Set(found)].map((path) => path.split('.').slice(1));
}

describe('the Helm chart', () => {
  it('has the version of package.json, for itself and for the images', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const chart = parse(read('Chart.yaml')) as { version: string; appVersion: string };
    expect([chart.version, chart.appVersion]).toEqual([version, version]);
    expect(at(values, ['image', 'tag'])).toBe('');
  });

  it('sets variables that the processes read, and no other', () => {
    const named = templates.flatMap((text) => [
      ...[...text.matchAll(/name: ([A-Z][A-Z0-9_]+)\b/g)].map(([, name = '']) => name),
      ...[...text.matchAll(/"([A-Z][A-Z0-9_]+)" [("]/g)].map(([, name = '']) => name),
    ]);
    const set = [...new Set(named), ...Object.keys(all.environment)];
    expect(set.length).toBeGreaterThan(15);
    expect(set.filter((name) => !(VARIABLE_NAMES as string[]).includes(name))).toEqual([]);
    for (const needed of [
      'HOST',
      'PORT',
      'TEMPORAL_ADDRESS',
      'TEMPORAL_NAMESPACE',
      'SENDPROOF_CONFIG',
      'SENDPROOF_DATA_DIR',
      'SENDPROOF_API_KEYS',
      'WORKER_METRICS_ADDRESS',
      'INGEST_METRICS_ADDRESS',
    ]) {
      expect(set).toContain(needed);
    }
  });

  it('reads values that values.yaml has', () => {
    // `config` is sendproof.yaml, whose parts are all optional.
    const ofChart = pathsAfter(/(?:\$root|\$|\.root)?\.Values/).filter(
      ([part]) => part !== 'config',
    );
    for (const path of ofChart) {
      expect(at(values, path), path.join('.')).toBeDefined();
    }
    for (const path of pathsAfter(/\$temporal/)) {
      expect(at(values, ['temporal', ...path]), path.join('.')).toBeDefined();
    }
    for (const component of COMPONENTS) {
      for (const path of pathsAfter(/\$values/)) {
        expect(at(values, [component, ...path]), `${component}.${path.join('.')}`).toBeDefined();
      }
    }
  });

  it('has a schema of exactly the values', () => {
    interface Schema {
      type?: string | string[];
      properties?: Record<string, Schema>;
      additionalProperties?: unknown;
    }
    const compare = (schema: Schema, value: unknown, path: string): void => {
      if (!schema.properties) return;
      expect(schema.additionalProperties, path).toBe(false);
      const names = Object.keys(schema.properties).filter(
        // What a chart that includes this one shares with all of its parts.
        (name) => path !== '' || name !== 'global',
      );
      expect(names.sort(), path).toEqual(Object.keys(value as object).sort());
      for (const name of names) {
        compare(schema.properties[name] ?? {}, at(value, [name]), `${path}.${name}`);
      }
    };
    const schema = JSON.parse(read('values.schema.json')) as Schema;
    compare(schema, values, '');
  });

  it('takes variables as text alone, since Helm writes 10000000 as 1e+07', () => {
    const schema = JSON.parse(read('values.schema.json')) as unknown;
    for (const path of [[], ...COMPONENTS.map((component) => [component])]) {
      const environment = [...path, 'environment'].flatMap((name) => ['properties', name]);
      expect(at(schema, [...environment, 'additionalProperties'])).toEqual({ type: 'string' });
    }
  });

  it('has the alert rules as they are', () => {
    expect(read('files/sendproof.rules.yml')).toBe(
      readFileSync('deploy/prometheus/sendproof.rules.yml', 'utf8'),
    );
  });

  it('starts what the images have', () => {
    const stages = parseDockerfile(readFileSync('Dockerfile', 'utf8')).map(({ name }) => name);
    expect(stages).toEqual(expect.arrayContaining(Object.keys(values.image as object).slice(0, 2)));
    const [command = ''] = /\/app\/dist\/[\w/]+\.js/.exec(read('templates/ingest.yaml')) ?? [];
    expect(existsSync(command.replace('/app/dist/', '').replace('.js', '.ts'))).toBe(true);
  });

  it('gives a process the time to stop', () => {
    const preStop = Number(/preStop: .*sleep, '(\d+)'/.exec(templates.join('\n'))?.[1]);
    expect(values.terminationGracePeriodSeconds).toBeGreaterThan(LONGEST_STOP_S + preStop);
  });

  it('asks for Temporal in the readiness probe alone', () => {
    const deployment = read('templates/_deployment.tpl');
    const probe = (name: string) => new RegExp(`${name}:\\n +httpGet: (.*)`).exec(deployment)?.[1];
    expect(probe('readinessProbe')).toContain('path: {{ .readiness | quote }}');
    for (const name of ['livenessProbe', 'startupProbe']) {
      expect(probe(name)).toContain('path: {{ .liveness | quote }}');
    }
    const paths = templates.flatMap((text) =>
      [...text.matchAll(/"liveness" "([^"]*)"/g)].map(([, path]) => path),
    );
    expect(paths).toEqual(['/healthz', '/healthz', '/healthz']);
    // Without a worker the API is still reached: what it accepts is kept.
    expect(read('templates/api.yaml')).toContain('"readiness" "/readyz?exclude=worker"');
    for (const name of ['worker', 'ingest']) {
      expect(read(`templates/${name}.yaml`), name).toContain('"readiness" "/readyz"');
    }
  });

  it('refers to secrets, and has none', () => {
    const deployment = read('templates/_deployment.tpl');
    for (const name of ['TEMPORAL_API_KEY', 'SENDPROOF_API_KEYS']) {
      const [, value] = new RegExp(`- name: ${name}\\n *(.*)`).exec(deployment) ?? [];
      expect(value, name).toMatch(/^valueFrom: \{ secretKeyRef: /);
    }
    expect(templates.join('\n')).not.toContain('kind: Secret');
  });
});
