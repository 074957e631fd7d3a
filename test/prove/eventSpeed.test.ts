/** How long an event takes through many routes and its template: 10,000 events, 100 routes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { renderEvent } from '../../src/acceptance/eventContent.js';
import { loadConfiguration, type Configuration } from '../../src/config/configuration.js';
import type { SourceEvent } from '../../src/domain/event.js';
import { chooseRoutes } from '../../src/routing/chooseRoutes.js';
import { machineSlowness } from '../processorTime.js';

const EVENTS = 10_000;
const ROUTES = 100;
/** For one event, routing and rendering together. */
const TARGET_MS = 0.3;

let configuration: Configuration;
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sendproof-'));
  const file = join(directory, 'sendproof.yaml');
  const routes = Array.from({ length: ROUTES }, (_, index) => ({
    name: `route-${index}`,
    ...(index % 2 === 0
      ? { match: { source: 'pager', 'labels.service': `service-${index}*` } }
      : { when: `event.severity == "critical" && event.labels["service"] == "service-${index}"` }),
    to: ['slack:default/C0123ABC'],
    template: 'incident',
  }));
  const templates = {
    incident: {
      title: '{{ event.title | truncate: 80 }}',
      text: '{{ event.text }}\n\n{% for label in event.labels %}- {{ label[0] }}: `{{ label[1] }}`\n{% endfor %}{{ event.occurredAt | date: "%H:%M", "Europe/Berlin" }} [{{ event.reference }}]({{ event.url }})',
    },
  };
  writeFileSync(file, stringify({ routes, templates }));
  configuration = loadConfiguration({ SENDPROOF_CONFIG: file, SLACK_BOT_TOKEN: 'x' });
});
afterAll(() => rmSync(directory, { recursive: true }));

function event(index: number): SourceEvent {
  return {
    key: `key-${index}`,
    source: 'pager',
    reference: String(index),
    state: 'triggered',
    severity: 'critical',
    occurredAt: '2026-11-23T12:00:00.000Z',
    title: `Disk *full* on db-${index}`,
    text: '**97 %** of `/var` is used.',
    url: `https://example.com/incidents/${index}`,
    labels: { service: `service-${index % ROUTES}`, team: 'storage', environment: 'production' },
    raw: {},
  };
}

/** Of this process, since it began: what else the machine does doesn't count. */
function processorMs(): number {
  const { system, user } = process.cpuUsage();
  return (user + system) / 1_000;
}

it('takes a fraction of a millisecond an event', () => {
  let routingMs = 0;
  let renderingMs = 0;
  let routed = 0;
  for (let index = 0; index < EVENTS; index += 1) {
    const each = event(index);
    const startedAt = processorMs();
    const taken = chooseRoutes(configuration.routes, each).filter(
      ({ mismatch }) => mismatch === undefined,
    );
    const routedAt = processorMs();
    for (const { route } of taken) {
      const { templateFailure } = renderEvent(configuration, route, each);
      if (templateFailure === undefined) routed += 1;
    }
    routingMs += routedAt - startedAt;
    renderingMs += processorMs() - routedAt;
  }
  expect(routed).toBe(EVENTS);
  const figures = [routingMs, renderingMs].map((ms) => Number((ms / EVENTS).toFixed(4)));
  console.info(`routing ${figures[0]} ms, rendering ${figures[1]} ms for each event`);
  // The target holds on a quiet machine: docs/reference/templates.md has the figures. This catches what got worse.
  const perEventMs = (routingMs + renderingMs) / EVENTS / machineSlowness();
  expect(perEventMs).toBeLessThan(3 * TARGET_MS);
});
