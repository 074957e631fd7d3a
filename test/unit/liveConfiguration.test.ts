/** What a change of the configuration file changes without a restart, however the file is replaced. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { LiveConfiguration } from '../../src/api/liveConfiguration.js';
import { loadConfiguration } from '../../src/config/configuration.js';
import { changedSettings } from '../../src/config/changedSettings.js';
import { requestReload } from '../../src/lib/process.js';
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

describe('a change that needs a restart', () => {
  const load = (settings: object) => {
    const file = join(directory, 'sendproof.yaml');
    const accounts = { slack: { default: { token: { env: 'SLACK_BOT_TOKEN' } } } };
    writeFileSync(file, JSON.stringify({ accounts, ...settings }));
    return loadConfiguration({
      SENDPROOF_CONFIG: file,
      SLACK_BOT_TOKEN: 'x',
      PUBLIC_URL: 'https://sendproof.example',
    });
  };
  const withSlack = (settings: object) => ({
    accounts: { slack: { default: { token: { env: 'SLACK_BOT_TOKEN' }, ...settings } } },
  });

  it('is named until it is taken back, and changes nothing', () => {
    const live = new LiveConfiguration(load({}));
    live.apply(load(withSlack({ token: { env: 'OTHER' }, requestTimeout: '3s', retry: 'page' })));
    expect(live.waitingForRestart).toEqual([
      'accounts.slack.default.token',
      'accounts.slack.default.requestTimeout',
    ]);
    expect(live.warnings).toEqual([expect.stringContaining('accounts.slack.default.token')]);
    expect(live.current.accounts[0]?.settings).toMatchObject({ requestTimeout: 10_000 });
    live.apply(load({}));
    expect(live.warnings).toEqual([]);
  });

  it('is also an account that is removed', () => {
    const more = {
      accounts: { slack: { default: { token: { env: 'X' } }, b: { token: { env: 'X' } } } },
    };
    const live = new LiveConfiguration(load(more));
    live.apply(load({ accounts: { slack: { default: { token: { env: 'X' } } } } }));
    expect(live.waitingForRestart).toEqual(['accounts.slack.b']);
    expect(live.current.accounts.map(({ id }) => id)).toContain('slack:b');
  });

  it('is logged, and named by readiness', async () => {
    const file = join(directory, 'sendproof.yaml');
    const write = (longMessages: string) =>
      writeFileSync(
        file,
        `${withRoute(longMessages)}accounts: { slack: { default: { token: { env: X }, longMessages: ${longMessages} } } }\n`,
      );
    write('shorten');
    const { lines, live } = follow(file);
    write('parts');
    await eventually(() => expect(nameOf(live)).toBe('parts'));
    await eventually(() => expect(lines.join('')).toContain('accounts.slack.default.longMessages'));
    expect(live.warnings).toHaveLength(1);
  });

  it.each<[string, object, (live: LiveConfiguration) => unknown, unknown]>([
    [
      'retry profiles',
      { retry: { page: { initialDelay: '7s' } } },
      ({ current }) => current.retryProfiles.page?.initialDelayMs,
      7_000,
    ],
    [
      'the retry profile of an account',
      withSlack({ retry: 'page' }),
      ({ current }) => current.accounts[0]?.retry === current.retryProfiles.page,
      true,
    ],
    [
      'the limits of an account',
      withSlack({ limits: { perAccount: 3 } }),
      ({ current }) => current.accounts[0]?.limits.perAccount,
      3,
    ],
    [
      'acknowledgements',
      { acknowledgements: { secret: { env: 'S' }, allowedHosts: ['a.example'] } },
      ({ current }) => current.acknowledgements.callbacks?.allowedOrigins,
      ['https://a.example'],
    ],
    [
      'operators',
      { operators: { destinations: ['slack:default/C0OPS'], digestAfter: '9s' } },
      ({ view }) => [view.operators?.destinations.length, view.digest.gatherMs],
      [1, 9_000],
    ],
    [
      'conversations',
      { conversations: { patience: '3m' } },
      ({ view }) => view.conversations.patienceMs,
      180_000,
    ],
    ['links in posts', { posts: { link: 'page' } }, ({ view }) => view.postLinks, { kind: 'page' }],
  ])('is not one of %s', (_what, settings, read, value) => {
    const live = new LiveConfiguration(load({}));
    expect(read(live)).not.toEqual(value);
    live.apply(load(settings));
    expect(read(live)).toEqual(value);
    expect(live.waitingForRestart).toEqual([]);
  });

  it('is every other setting, whatever a later release adds', () => {
    const names = changedSettings(
      { queues: { a: { inFlight: 1 } }, retry: { page: {} }, accounts: { slack: { x: { y: 1 } } } },
      { queues: { a: { inFlight: 2 } }, retry: null, accounts: { slack: { x: { y: [1] } } }, z: 1 },
    );
    expect(names).toEqual(['queues.a', 'retry.page', 'accounts.slack.x.y', 'z']);
    expect(changedSettings(undefined, { a: 1 })).toEqual(['a']);
    expect(changedSettings({ a: [1] }, { a: [1] })).toEqual([]);
  });
});

describe('a wish to read the file again', () => {
  it('is granted, also where it is unchanged, until nothing follows it', async () => {
    const file = join(directory, 'sendproof.yaml');
    writeFileSync(file, withRoute('first'));
    const { lines, live } = follow(file);
    const isInUse = () => expect(lines.join('')).toContain('in use as it is now');
    await eventually(isInUse);
    lines.length = 0;
    const before = live.current;
    expect(requestReload()).toBe(true);
    await eventually(isInUse);
    expect(live.current).not.toBe(before);
    stop();
    expect(requestReload()).toBe(false);
  });
});
