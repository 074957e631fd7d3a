/** A route is never the reason that an event is lost, and routing takes little time. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acceptEvent } from '../../../src/acceptance/acceptEvent.js';
import { loadConfiguration, type Configuration } from '../../../src/config/configuration.js';
import { EVENT_STATES, type SourceEvent } from '../../../src/domain/event.js';
import { chooseRoutes } from '../../../src/routing/chooseRoutes.js';
import { clientAnsweredBy } from '../temporalService.js';
import { expectProcessorMsBelow } from '../../processorTime.js';
import { event } from './event.js';

const directory = mkdtempSync(join(tmpdir(), 'sendproof-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

function configured(routes: object[]): Configuration {
  const path = join(directory, 'sendproof.yaml');
  writeFileSync(path, JSON.stringify({ routes }));
  return loadConfiguration({ SENDPROOF_CONFIG: path, SLACK_BOT_TOKEN: 'unused' });
}

const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }));
const label = fc.constantFrom('team', 'site', '', '__proto__', 'constructor', 'a.b');
const match = fc.dictionary(
  fc.oneof(
    fc.constantFrom('source', 'key', 'title', 'reference', 'url', 'conversation'),
    label.filter((name) => name !== '' && name !== '__proto__').map((name) => `labels.${name}`),
  ),
  fc.oneof(
    fc.constantFrom('*', 'db*', '*a*', 'x'),
    fc.constantFrom('*', 'x').map((pattern) => ({ not: pattern })),
  ),
  { maxKeys: 3 },
);
const when = fc.constantFrom(
  ...[
    'event.labels.team == "db"',
    'event.raw.a.b > 1',
    'event.title.matches("^a|b+$")',
    'int(event.title) > 1',
  ],
  ...['event.labels.exists(name, event.labels[name] == "x")', 'has(event.severity)', '1 / 0 == 1'],
  'event.occurredAt.getHours("Europe/Berlin") < 12',
);
const optional = <Value>(arbitrary: fc.Arbitrary<Value>) =>
  fc.option(arbitrary, { nil: undefined });
const route = fc.record({
  match: optional(match),
  when: optional(when),
  continue: fc.boolean(),
  priority: fc.integer({ min: 1, max: 5 }),
  mute: optional(
    fc.constantFrom(
      { timeZone: 'UTC' },
      { timeZone: 'Asia/Kathmandu', from: '10:00', to: '09:00' },
    ),
  ),
  group: optional(fc.constant({ window: '1m', by: ['labels.team', 'severity'] })),
  expireAfter: optional(fc.constant('1h')),
  conversation: optional(fc.constantFrom({ mode: 'off' }, { mode: 'both' })),
});
const routes = fc.array(route, { maxLength: 6 }).map((list) => [
  ...list.map((each, index) => ({
    ...each,
    name: `route-${index}`,
    to: [`slack:default/C0CHANNEL${index % 3}`],
    // A route without conditions in the middle is refused when the configuration is loaded.
    continue:
      each.continue || (Object.keys(each.match ?? {}).length === 0 && each.when === undefined),
  })),
  { name: 'rest', to: ['slack:default/C0REMAINDER'], match: { 'labels.rest': 'yes' } },
]);
const anyEvent = fc.record({
  key: text.filter((key) => key !== ''),
  source: fc.oneof(fc.constant('pagerduty'), text),
  title: text,
  text,
  state: fc.constantFrom(...EVENT_STATES),
  labels: fc.dictionary(label, text),
  raw: fc.anything(),
  occurredAt: optional(fc.oneof(text, fc.constant('2026-11-23T12:00:00Z'))),
  reference: optional(text),
  conversation: optional(text),
  url: optional(text),
  severity: optional(fc.constantFrom('critical' as const, 'ok' as const)),
}) as fc.Arbitrary<SourceEvent>;

describe('any event, with any routes', () => {
  it('becomes a message, and never an error', async () => {
    const starts: string[] = [];
    const client = clientAnsweredBy(({ request }) => {
      starts.push(String(request.workflowId));
      return { runId: '0a1b2c3d-0000-4000-8000-000000000001', started: true };
    });
    await fc.assert(
      fc.asyncProperty(
        routes,
        fc.array(anyEvent, { minLength: 1, maxLength: 5 }),
        async (list, events) => {
          const configuration = configured(list);
          for (const each of events) {
            starts.length = 0;
            const routed = await acceptEvent(client, configuration, each, '0'.repeat(32));
            expect(routed.length).toBeGreaterThan(0);
            expect(starts).toEqual(routed.map(({ deduplicationKey }) => deduplicationKey));
            expect(new Set(starts).size).toBe(starts.length);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('100 routes', () => {
  it('take less than 0.3 ms for an event', () => {
    const teams = Array.from({ length: 100 }, (_, index) => `team-${index}`);
    const { routes: hundred } = configured(
      teams.map((team) => ({
        name: team,
        match: { 'labels.team': [team, `${team}-*`], severity: ['critical', 'error'] },
        when: 'event.state != "acknowledged" && event.title.matches("(?i)disk|memory")',
        to: ['slack:default/C0CHANNEL'],
      })),
    );
    const events = teams.map((team) =>
      event({
        key: team,
        title: 'Disk full',
        severity: 'error',
        labels: { team },
        state: 'triggered',
      }),
    );
    const chosen = (each: SourceEvent) =>
      chooseRoutes(hundred, { ...each }).find(({ mismatch }) => mismatch === undefined)?.route.name;
    expect(events.map(chosen)).toEqual(teams);
    // 2,000 choices of 0.3 ms each.
    expectProcessorMsBelow(600, () => {
      for (let round = 0; round < 20; round += 1) events.forEach(chosen);
    });
  });

  it('that all evaluate a condition take less than 1 ms', () => {
    const { routes: hundred } = configured(
      Array.from({ length: 100 }, (_, index) => ({
        name: `route-${index}`,
        when: `event.state != "acknowledged" && event.title.contains("volume ${index}")`,
        to: ['slack:default/C0CHANNEL'],
      })),
    );
    const each = event({ title: 'Disk full' });
    expectProcessorMsBelow(500, () => {
      for (let round = 0; round < 500; round += 1) chooseRoutes(hundred, { ...each });
    });
  });
});
