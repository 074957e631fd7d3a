/** What a change of the configuration file changes without a restart, however the file is replaced. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { LiveConfiguration } from '../../src/api/liveConfiguration.js';
import { loadConfiguration } from '../../src/config/configuration.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { eventually } from '../eventually.js';

let directory: string;
let stop: () => void = () => undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sendproof-'));
});
afterEach(() => {
  stop();
  rmSync(directory, { recursive: true });
});

const withRoute = (name: string): string =>
  `routes: [{ name: ${name}, to: ['slack:default/C0123ABC'] }]\n`;

function follow(path: string, environment: NodeJS.ProcessEnv = {}) {
  const reload = () =>
    loadConfiguration({ SENDPROOF_CONFIG: path, SLACK_BOT_TOKEN: 'x', ...environment });
  const lines: string[] = [];
  const metrics = createMetrics();
  const live = new LiveConfiguration(reload());
  stop = live.follow(reload, metrics, pino({}, { write: (line) => lines.push(line) }));
  return {
    live,
    lines,
    inUse: async () => (await metrics.configurationInUse.get()).values[0]?.value,
  };
}

const nameOf = ({ current }: LiveConfiguration): string | undefined => current.routes[0]?.name;

describe('a changed file', () => {
  it('is in use when it was replaced, and not while it is wrong', async () => {
    const file = join(directory, 'sendproof.yaml');
    const replace = (text: string): void => {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    };
    replace(withRoute('first'));
    const { inUse, lines, live } = follow(file);
    replace(withRoute('second-one'));
    await eventually(() => expect(nameOf(live)).toBe('second-one'));

    replace('routes: [{ nam: x }]');
    await eventually(() => expect(live.fault).toContain('can’t be used'));
    expect([nameOf(live), await inUse()]).toEqual(['second-one', 0]);
    expect(lines.join('')).toContain('did you mean \\"name\\"?');

    replace(withRoute('third'));
    await eventually(() => expect(nameOf(live)).toBe('third'));
    expect([live.fault, await inUse()]).toEqual([undefined, 1]);
  });

  it('is in use when the directory behind its symbolic link was replaced, as Kubernetes does it', async () => {
    const version = (number: number): string => {
      const folder = join(directory, `version-${number}`);
      mkdirSync(folder);
      writeFileSync(join(folder, 'sendproof.yaml'), withRoute(`version-${number}`));
      return folder;
    };
    symlinkSync(version(1), join(directory, '..data'));
    symlinkSync(join('..data', 'sendproof.yaml'), join(directory, 'sendproof.yaml'));
    const { live } = follow(join(directory, 'sendproof.yaml'));
    expect(nameOf(live)).toBe('version-1');
    symlinkSync(version(2), join(directory, '..data.new'));
    renameSync(join(directory, '..data.new'), join(directory, '..data'));
    await eventually(() => expect(nameOf(live)).toBe('version-2'));
  });
});

describe('a changed configuration', () => {
  const load = (yaml: string, environment: NodeJS.ProcessEnv = {}) => {
    const file = join(directory, 'sendproof.yaml');
    writeFileSync(file, yaml);
    return loadConfiguration({ SENDPROOF_CONFIG: file, SLACK_BOT_TOKEN: 'x', ...environment });
  };

  it('keeps what belongs to the start of the process', () => {
    const live = new LiveConfiguration(load(withRoute('a'), { PORT: '3001' }));
    live.apply(load(`${withRoute('b')}templates: { t: { text: x } }\n`, { PORT: '3002' }));
    expect([live.current.port, nameOf(live), Object.keys(live.current.templates)]).toEqual([
      3001,
      'b',
      ['t'],
    ]);
  });

  it('is refused where it needs an account that no worker has', () => {
    const live = new LiveConfiguration(load(withRoute('a')));
    const more = load(`${withRoute('b')}accounts: { slack: { new: { token: { env: X } } } }\n`);
    expect(() => live.apply(more)).toThrow('slack:new');
    expect(nameOf(live)).toBe('a');
  });
});
