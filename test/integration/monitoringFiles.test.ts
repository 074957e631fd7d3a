import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHarness, type Harness } from '../harness.js';

const deploy = (path: string) => join(import.meta.dirname, '../../deploy', path);
const RULES = deploy('prometheus/sendproof.rules.yml');
const DASHBOARD = deploy('grafana/sendproof.json');
const promtool = (...args: string[]) => promisify(execFile)('promtool', args);

describe('the alert rules', () => {
  it('are what Prometheus takes', async () => {
    await expect(promtool('check', 'rules', RULES)).resolves.toBeDefined();
  });

  it('fire when they should, and only then', async () => {
    await expect(
      promtool('test', 'rules', deploy('prometheus/sendproof.rules.test.yml')),
    ).resolves.toBeDefined();
  });
});

describe('dashboard and rules', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ workers: false });
  });
  afterAll(() => harness.close());

  it('name metrics that a scrape has', async () => {
    const { body } = await harness.request<string>('GET', '/metrics');
    const known = [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    );
    const files = await Promise.all([RULES, DASHBOARD].map((file) => readFile(file, 'utf8')));
    const named = new Set(files.join('\n').match(/sendproof_\w+/g));
    expect(named.size).toBeGreaterThan(5);
    expect([...named].filter((name) => !known.includes(name))).toEqual([]);
  });

  it('are files in which the dashboard has a query in each panel', async () => {
    const { panels } = JSON.parse(await readFile(DASHBOARD, 'utf8')) as {
      panels: { title: string; targets: { expr: string }[] }[];
    };
    for (const { title, targets } of panels) expect(targets, title).not.toHaveLength(0);
  });
});
