import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../../src/config/configuration.js';
import { chooseRoutes } from '../../../src/routing/chooseRoutes.js';
import { SANDBOX_ACCOUNTS } from '../../../src/start/sandboxAccounts.js';
import { event } from './event.js';

const directory = mkdtempSync(join(tmpdir(), 'sendproof-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});
const path = join(directory, 'sendproof.yaml');

function load(text: string) {
  writeFileSync(path, text);
  return loadConfiguration({ SENDPROOF_CONFIG: path, SLACK_BOT_TOKEN: 'unused' }, SANDBOX_ACCOUNTS);
}

const TO = 'to: [slack:default/C0OPS]';

describe('routes', () => {
  it('take an event in order, up to the first that doesn’t continue', () => {
    const { routes } = load(`
sources: { pagerduty: }
routes:
  - { name: audit, ${TO}, continue: true }
  - { name: critical, match: { source: pagerduty, severity: critical }, ${TO} }
  - { name: typed, when: 'event.labels.team == "db"', ${TO}, priority: 1, expireAfter: 2h }
  - { name: rest, ${TO} }
`);
    const chosen = (fields: object) =>
      chooseRoutes(routes, event(fields)).map(({ mismatch, route }) => [route.name, mismatch]);
    expect(chosen({ source: 'pagerduty', severity: 'critical' })).toEqual([
      ['audit', undefined],
      ['critical', undefined],
    ]);
    expect(chosen({ source: 'github' })).toEqual([
      ['audit', undefined],
      ['critical', 'source is not pagerduty'],
      ['typed', 'when can’t be evaluated: no such key: team'],
      ['rest', undefined],
    ]);
    expect(routes[2]).toMatchObject({ priority: 1, expireAfterMs: 7_200_000 });
  });

  it.each([
    [`- { name: a, ${TO}, match: { severty: x } }`, /routes\.0\.match\.severty: .* "severity"\?/],
    [`- { name: a, ${TO}, match: { labels: { a: [] } } }`, /routes\.0\.match\.labels\.a: /],
    [`- { name: a, ${TO}, match: { severity: } }`, /routes\.0\.match\.severity: must be a text/],
    [`- { name: a, ${TO}, match: }`, /routes\.0\.match: /],
    [`- { name: a, ${TO}, when: }`, /routes\.0\.when: /],
    [`- { name: a, ${TO}, when: event.sevrity == 'x' }`, /routes\.0\.when: .*"severity"\?/],
    [
      `- { name: a, ${TO}, match: { source: pagerdty } }`,
      /there is no source "pagerdty"; did you mean "pagerduty"\?/,
    ],
    [
      `- { name: a, ${TO}, retryProfile: pag }`,
      /routes\.0\.retryProfile: .*"pag"; did you mean "page"\?/,
    ],
    [`- { name: a, ${TO}, retryProfile: nonsense }`, /use one of default, page, bulk/],
    [
      `- { name: a, ${TO}, priorty: 1 }`,
      /routes\.0: there is no setting "priorty"; did you mean "priority"\?/,
    ],
    [
      `- { name: a, ${TO}, continue: true }\n- { name: a, ${TO} }`,
      /routes\.1\.name: routes\.0 has the same name/,
    ],
    [
      `- { name: a, ${TO} }\n- { name: b, ${TO} }`,
      /routes\.1\.name: no event reaches this route, since the route "a"/,
    ],
    [`- { name: a, ${TO}, repeats: remind }`, /routes\.0\.remindAfter: is needed/],
    [`- { name: a, ${TO}, remindAfter: 4h }`, /routes\.0\.remindAfter: has no effect/],
    [`- { name: a, ${TO}, expireAfter: 5 }`, /routes\.0\.expireAfter: needs a unit/],
    [
      `- { name: a, ${TO}, mute: { timeZone: Europe/Berln } }`,
      /routes\.0\.mute\.0\.timeZone: .*"Europe\/Berlin"\?/,
    ],
    [`- { name: a, ${TO}, mute: { timeZone: UTC, except: } }`, /routes\.0\.mute\.0\.except: /],
    [
      `- { name: a, ${TO}, mute: { timeZone: UTC, frm: "22:00" } }`,
      /routes\.0\.mute\.0: there is no setting "frm"; did you mean "from"\?/,
    ],
  ])('%s is refused', (routes, message) => {
    expect(() => load(`sources: { pagerduty: }\nroutes:\n${routes}`)).toThrow(message);
  });

  it.each([
    `- { name: a, ${TO}, match: { source: 'pagerd*' } }`,
    `- { name: a, ${TO}, match: { source: jenkins } }`,
    `- { name: a, ${TO}, continue: true }\n- { name: b, ${TO} }`,
    `- { name: a, ${TO}, match: {} }`,
  ])('%s is loaded', (routes) => {
    expect(load(`sources: { pagerduty: }\nroutes:\n${routes}`).routes[0]?.name).toBe('a');
  });
});
