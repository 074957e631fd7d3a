import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planAcknowledgements } from '../../../src/acceptance/acknowledgementPlan.js';
import { MessageRefused } from '../../../src/acceptance/refusal.js';
import { loadConfiguration, type Configuration } from '../../../src/config/configuration.js';
import { messageSchema } from '../../../src/domain/message.js';
import { ConfigurationError } from '../../../src/lib/configurationError.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-acknowledgements-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function load(settings: object): Promise<Configuration> {
  const file = join(directory, 'sendproof.yaml');
  await writeFile(file, JSON.stringify(settings));
  return loadConfiguration({ SENDPROOF_CONFIG: file });
}

const secret = { env: 'ACKNOWLEDGEMENT_SECRET' };
const acknowledgements = { secret, allowedHosts: ['hooks.example.com'] };
const toldAt = (url: string) => ({ sources: { nightly: { acknowledge: { url } } } });
const pagerduty = { token: { env: 'PAGERDUTY_TOKEN' }, from: 'bot@example.com' };

const parse = (more: object) =>
  messageSchema.parse({
    deduplicationKey: 'key',
    destinations: ['slack:default/C0123ABC'],
    content: { text: 'hello' },
    ...more,
  });

describe('a configuration of acknowledgements', () => {
  it.each([
    [
      'a source that is told at a host that isn’t on the allow-list',
      { acknowledgements, ...toldAt('https://elsewhere.example.com/') },
      /sources\.nightly\.acknowledge\.url: https:\/\/elsewhere\.example\.com .*allowedHosts/,
    ],
    [
      'a source that is told at a host that is there, without TLS',
      { acknowledgements, ...toldAt('http://hooks.example.com/') },
      /sources\.nightly\.acknowledge\.url: http:\/\/hooks\.example\.com .*plain http/,
    ],
    [
      'a source that is told, and no secret',
      toldAt('https://hooks.example.com/'),
      /sources\.nightly\.acknowledge\.url: .*acknowledgements\.secret/,
    ],
    [
      'a URL for a host',
      { acknowledgements: { secret, allowedHosts: ['https://hooks.example.com/path'] } },
      /acknowledgements\.allowedHosts\.0: not a host/,
    ],
    [
      'a pattern for a host',
      { acknowledgements: { secret, allowedHosts: ['a b'] } },
      /acknowledgements\.allowedHosts\.0: not a host/,
    ],
    [
      'a range that is none',
      { acknowledgements: { ...acknowledgements, allowPrivate: ['10.0.0.0/99'] } },
      /acknowledgements\.allowPrivate\.0: not an address or range/,
    ],
    [
      'a retry profile that isn’t there',
      { acknowledgements: { ...acknowledgements, retry: 'never' } },
      /acknowledgements\.retry names the retry profile "never"/,
    ],
    [
      'the secret itself',
      { acknowledgements: { ...acknowledgements, secret: 'in the open' } },
      /acknowledgements\.secret/,
    ],
    [
      'a PagerDuty user without an e-mail address',
      { sources: { pagerduty: { pagerduty: { ...pagerduty, from: 'bot' } } } },
      /sources\.pagerduty\.pagerduty\.from: .*e-mail address/,
    ],
    [
      'a PagerDuty that would be told the token in the open',
      { sources: { pagerduty: { pagerduty: { ...pagerduty, apiUrl: 'http://example.com' } } } },
      /sources\.pagerduty\.pagerduty\.apiUrl is plain http/,
    ],
  ])('with %s is refused, naming the field', async (_, settings, words) => {
    const loading = load(settings);
    await expect(loading).rejects.toThrow(ConfigurationError);
    await expect(loading).rejects.toThrow(words);
  });

  it('tries for a day by default', async () => {
    const { acknowledgements: settings } = await load({});
    expect(settings.callbacks).toBeUndefined();
    expect(settings.retry.giveUpAfterMs).toBe(24 * 3_600_000);
    // The sum of the longest delays reaches a day long before the attempts run out.
    expect(settings.retry.attempts * settings.retry.maximumDelayMs).toBeGreaterThan(
      4 * 24 * 3_600_000,
    );
  });
});

describe('the acknowledgements of a message', () => {
  it('are planned as the message says, else as its source does, else not at all', async () => {
    const configuration = await load({
      acknowledgements: { ...acknowledgements, allowedHosts: ['HOOKS.example.com:443'] },
      ...toldAt('https://hooks.example.com/nightly'),
    });
    const recipients = (more: object) =>
      planAcknowledgements(parse(more), configuration)?.map(({ recipient }) => recipient);
    const acknowledge = { url: 'https://hooks.example.com/mine' };
    const correlation = { source: 'nightly' };

    expect(recipients({})).toBeUndefined();
    expect(recipients({ correlation: { source: 'constructor' } })).toBeUndefined();
    expect(recipients({ correlation })).toEqual([
      { kind: 'callback', url: 'https://hooks.example.com/nightly' },
    ]);
    expect(recipients({ correlation, acknowledge })).toEqual([
      { kind: 'callback', url: acknowledge.url },
    ]);
  });

  it('are refused where none are configured, naming the field and the remedy', async () => {
    const configuration = await load({});
    const planning = () =>
      planAcknowledgements(
        parse({ acknowledge: { url: 'https://hooks.example.com/' } }),
        configuration,
      );
    expect(planning).toThrow(MessageRefused);
    expect(planning).toThrow(/^acknowledge\.url: .*acknowledgements\.secret/);
  });

  it('go to the PagerDuty incident whose page the message’s URL is', async () => {
    const configuration = await load({ sources: { pagerduty: { pagerduty } } });
    const incidentOf = (url: string, source = 'pagerduty') =>
      planAcknowledgements(parse({ correlation: { source, url } }), configuration)?.[0]?.recipient;
    const incident = { kind: 'pagerduty_note', source: 'pagerduty', incidentId: 'Q1A2B3' };
    expect(incidentOf('https://acme.pagerduty.com/incidents/Q1A2B3')).toEqual(incident);
    expect(incidentOf('https://acme.eu.pagerduty.com/incidents/Q1A2B3/?tab=x')).toEqual(incident);
    expect(incidentOf('https://acme.pagerduty.com/services/Q1A2B3')).toBeUndefined();
    expect(incidentOf('https://acme.pagerduty.com/incidents/../users')).toBeUndefined();
    expect(incidentOf('https://acme.pagerduty.com/incidents/Q1A2B3', 'grafana')).toBeUndefined();
  });
});
