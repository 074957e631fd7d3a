/** The translation of `alertmanager.yml`: it loads, it chooses as Alertmanager does, and what it leaves out is named. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { translated } from '../../src/cli/importAlertmanager.js';
import { loadConfiguration, type Configuration } from '../../src/config/configuration.js';
import { chooseRoutes } from '../../src/routing/chooseRoutes.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sendproof-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function load(configuration: string): Configuration {
  const file = join(directory, 'sendproof.yaml');
  writeFileSync(file, configuration);
  return loadConfiguration({
    SENDPROOF_CONFIG: file,
    SLACK_BOT_TOKEN: 'of-this-test',
    ALERTMANAGER_TOKEN: 'of-this-test',
  });
}

/** The destinations that the translation chooses for an alert with these labels. */
function chosen(configuration: Configuration, labels: Record<string, string>): string[] {
  const event = {
    key: 'k',
    source: 'alertmanager',
    state: 'triggered' as const,
    title: 'x',
    text: '',
    labels,
  };
  return chooseRoutes(configuration.routes, event)
    .filter(({ mismatch }) => mismatch === undefined)
    .flatMap(({ route }) => route.to.map(({ destination }) => destination as string));
}

const EXAMPLE = `route:
  receiver: everything
  group_by: [alertname]
  routes:
    - receiver: databases
      match_re: { service: mysql|postgres }
      routes:
        - receiver: owners
          matchers: ['owner="team-X"', severity!="info"]
    - receiver: night
      matchers: ['{team="web", env=~"prod-.+"}']
      mute_time_intervals: [weekend]
    - receiver: nothing
      match: { severity: none }
receivers:
  - name: everything
    slack_configs: [{ channel: '#alerts' }]
  - name: databases
    slack_configs: [{ channel: C0DATABASE, send_resolved: true }]
    pagerduty_configs: [{ routing_key: x }]
  - name: owners
    msteamsv2_configs: [{ webhook_url: 'https://example.com/x' }]
  - name: night
    slack_configs: [{ channel: 'web' }]
  - name: nothing
time_intervals:
  - name: weekend
    time_intervals:
      - weekdays: [saturday, sunday]
        location: Europe/Berlin
      - months: [december]
`;

describe('an example', () => {
  const translation = translated('alertmanager.yml', EXAMPLE);

  it.each<[Record<string, string>, string]>([
    [{}, 'slack:default/#alerts'],
    [{ service: 'mysql' }, 'slack:default/C0DATABASE'],
    [{ service: 'mysql', owner: 'team-X' }, 'teams-webhook:default/owners'],
    [{ service: 'mysql', owner: 'team-X', severity: 'info' }, 'slack:default/C0DATABASE'],
    [{ service: 'mysqld' }, 'slack:default/#alerts'],
    [{ team: 'web', env: 'prod-1' }, 'slack:default/#web'],
    [{ team: 'web', env: 'prod-' }, 'slack:default/#alerts'],
  ])('loads, and sends %j to %s', (labels, destination) => {
    expect(chosen(load(translation.configuration), labels)).toEqual([destination]);
  });

  it('names what it leaves out, with its line', () => {
    expect(translation.notes).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^alertmanager\.yml:3: route\.group_by: stays in Alertmanager/),
        expect.stringMatching(
          /^alertmanager\.yml:20: .*pagerduty_configs\.0: sendproof does not raise/,
        ),
        expect.stringMatching(/^alertmanager\.yml:22: .*TEAMS_WEBHOOK_OWNERS/),
        expect.stringMatching(/^alertmanager\.yml:31: .*months: is not translated/),
        expect.stringMatching(/^alertmanager\.yml:\d+: .*"nothing" has no destination here/),
      ]),
    );
  });

  it('mutes at the same times', () => {
    const night = load(translation.configuration).routes.find(({ name }) => name === 'night');
    const event = {
      key: 'k',
      source: 'alertmanager',
      state: 'triggered' as const,
      title: 'x',
      text: '',
      labels: {},
    };
    expect(night?.muted(event, Date.parse('2026-11-28T12:00:00Z'))).toBeDefined();
    expect(night?.muted(event, Date.parse('2026-11-27T12:00:00Z'))).toBeUndefined();
  });
});

interface Tree {
  receiver: string;
  match?: Record<string, string>;
  continue?: boolean;
  routes?: Tree[];
}

const LABELS = ['a', 'b'];
const VALUES = ['', 'x', 'y*', 'z'];
const labelsOf = (values: string[]): Record<string, string> =>
  Object.fromEntries(
    LABELS.flatMap((label, index) => (values[index] ? [[label, values[index]]] : [])),
  );

/** As Alertmanager walks its tree: https://prometheus.io/docs/alerting/latest/configuration/#route */
function receiversOf(node: Tree, labels: Record<string, string>): string[] {
  const matches = Object.entries(node.match ?? {}).every(
    ([label, value]) => (labels[label] ?? '') === value,
  );
  if (!matches) return [];
  const found: string[] = [];
  for (const child of node.routes ?? []) {
    const below = receiversOf(child, labels);
    found.push(...below);
    if (below.length > 0 && child.continue !== true) break;
  }
  return found.length > 0 ? found : [node.receiver];
}

const trees = (withContinue: boolean): fc.Arbitrary<Tree> =>
  fc
    .letrec<{ tree: Tree }>((tie) => ({
      tree: fc.record(
        {
          receiver: fc.constant(''),
          match: fc.dictionary(fc.constantFrom(...LABELS), fc.constantFrom(...VALUES), {
            maxKeys: 2,
          }),
          ...(withContinue && { continue: fc.boolean() }),
          routes: fc.array(tie('tree'), { maxLength: 3 }),
        },
        { requiredKeys: ['receiver', 'match'] },
      ),
    }))
    .tree.map((root) => {
      let count = 0;
      const named = ({ routes = [], ...node }: Tree): Tree => ({
        ...node,
        receiver: `r${(count += 1)}`,
        routes: routes.map(named),
      });
      return { ...named(root), match: {}, continue: false };
    });

function receiversIn(node: Tree): string[] {
  return [node.receiver, ...(node.routes ?? []).flatMap(receiversIn)];
}

describe.each([
  ['without continue', false],
  ['with continue', true],
])('nested routes %s', (_what, withContinue) => {
  it('choose what Alertmanager would', () => {
    fc.assert(
      fc.property(
        trees(withContinue),
        fc.array(fc.tuple(fc.constantFrom(...VALUES), fc.constantFrom(...VALUES)), {
          minLength: 3,
          maxLength: 6,
        }),
        (root, samples) => {
          const route = { receiver: root.receiver, routes: root.routes };
          const receivers = receiversIn(root).map((name) => ({
            name,
            slack_configs: [{ channel: `#${name}` }],
          }));
          const { configuration } = translated('alertmanager.yml', stringify({ route, receivers }));
          const loaded = load(configuration);
          for (const values of samples) {
            const labels = labelsOf(values);
            const expected = receiversOf(root, labels).map((name) => `slack:default/#${name}`);
            expect(chosen(loaded, labels)).toEqual(expected);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

it.each([
  ['[', /not valid YAML/],
  ['- 1', /not the configuration/],
])('refuses %s', (text, message) => {
  expect(() => translated('alertmanager.yml', text)).toThrow(message);
});

it('translates what posts to webhooks of Discord, Mattermost and Teams', () => {
  const { configuration, notes } = translated(
    'alertmanager.yml',
    `route: { receiver: chat }
receivers:
  - name: chat
    discord_configs: [{ webhook_url: 'https://example.com/d' }, { webhook_url_file: /d2 }]
    mattermost_configs: [{ webhook_url: 'https://example.com/m' }]
    msteams_configs: [{ webhook_url: 'https://example.com/t' }]
    webhook_configs: [{ url: 'https://example.com/w' }]
`,
  );
  expect(chosen(load(configuration), {})).toEqual([
    'discord-webhook:default/chat',
    'discord-webhook:default/chat-1',
    'mattermost-webhook:default/chat',
    'teams-webhook:default/chat',
  ]);
  for (const variable of ['DISCORD_WEBHOOK_CHAT', 'DISCORD_WEBHOOK_CHAT_1']) {
    expect(configuration).toContain(`env: ${variable}\n`);
  }
  expect(notes.join('\n')).toContain('MATTERMOST_WEBHOOK_CHAT to its webhook_url');
  expect(notes.join('\n')).toContain('let Alertmanager call it as before');
});
