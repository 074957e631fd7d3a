/** Templates in `sendproof.yaml`: what is wrong with one is told with its file and line. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadConfiguration, type Configuration } from '../../src/config/configuration.js';
import { ConfigurationError } from '../../src/lib/configurationError.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sendproof-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function load(yaml: string): Configuration {
  const file = join(directory, 'sendproof.yaml');
  writeFileSync(file, yaml);
  return loadConfiguration({
    SENDPROOF_CONFIG: file,
    SLACK_BOT_TOKEN: ['xoxb', 'test'].join('-'),
    PAGERDUTY_SECRET: 'of-this-test',
  });
}

function faultsOf(yaml: string): string[] {
  try {
    load(yaml);
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return error.message.split('\n').map((line) => line.replace(`${directory}/`, ''));
    }
    throw error;
  }
  return [];
}

it('names the line within a block of text', () => {
  expect(
    faultsOf(`templates:
  incident:
    title: '{{ event.titel }}'
    text: |
      **{{ event.title }}**

      {{ event.sevrity }}
  other:
    text: "{{ event.title | upcas }}"
`),
  ).toEqual([
    'sendproof.yaml:3: templates.incident.title: there is no "event.titel"; did you mean "event.title"?',
    'sendproof.yaml:7: templates.incident.text: there is no "event.sevrity"; did you mean "event.severity"?',
    'sendproof.yaml:9: templates.other.text: there is no filter "upcas"; did you mean "upcase"?',
  ]);
});

it('names what is wrong with a sample of a configured source', () => {
  expect(
    faultsOf(`sources:
  pager:
    type: pagerduty
    secret: { env: PAGERDUTY_SECRET }
templates:
  incident:
    text: '{{ event.occurredAt | date: "%H:%M", event.labels.service }}'
`),
  ).toContainEqual(
    expect.stringMatching(/^sendproof\.yaml:7: .*\(with the sample pager\/triggered\)$/),
  );
});

it('names the template that a route meant', () => {
  expect(
    faultsOf(`templates:
  incident: { text: x }
routes:
  - { name: all, to: ['slack:default/C1'], template: incidnet }
`),
  ).toEqual([
    'sendproof.yaml: routes.0.template: there is no template "incidnet"; did you mean "incident"?',
  ]);
});

it.each(['{ titel: x }', '{}', '{ text: 5 }', 'x'])('refuses other settings: %s', (settings) => {
  expect(faultsOf(`templates: { incident: ${settings} }`)[0]).toContain('templates.incident');
});

it('has the template ready for its route', () => {
  const { routes, templates } = load(`templates:
  incident: { text: '{{ event.title }}' }
routes:
  - { name: all, to: ['slack:default/C1'], template: incident }
`);
  expect([routes[0]?.template, Object.keys(templates)]).toEqual(['incident', ['incident']]);
});
