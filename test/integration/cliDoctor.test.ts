/** `sendproof doctor`: what it says about a product that is well, and about each thing that is not. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { msToTs } from '../../src/temporal/sdkInternals.js';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import type { Finding, Section } from '../../src/cli/doctor/finding.js';
import { SANDBOX_ACCOUNTS } from '../../src/start/sandboxAccounts.js';
import { startHarness, type Harness } from '../harness.js';
import { runSendproof, type CommandRun } from '../sendproofCommand.js';

const NOBODY = 'http://127.0.0.1:1';

let harness: Harness;
let directory: string;
beforeAll(async () => {
  harness = await startHarness();
  directory = await mkdtemp(join(tmpdir(), 'sendproof-doctor-'));
});
afterAll(async () => {
  await harness.close();
  await rm(directory, { recursive: true });
});

/** Asks the doctor, about the harness unless the environment says otherwise. */
function doctor(environment: NodeJS.ProcessEnv = {}, ...args: string[]): Promise<CommandRun> {
  return runSendproof(['doctor', ...args], {
    environment: {
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      TEMPORAL_NAMESPACE: harness.namespace,
      TEMPORAL_CLI_PATH: inject('temporalCliPath'),
      TEMPORAL_CONFIG_FILE: join(directory, 'none.toml'),
      SENDPROOF_CONFIG: harness.configurationFile,
      SENDPROOF_TEST_KEY: process.env.SENDPROOF_TEST_KEY,
      SENDPROOF_URL: harness.api.url,
      ...environment,
    },
  });
}

async function findings(environment: NodeJS.ProcessEnv, title: string): Promise<Finding[]> {
  const { stdout } = await doctor(environment, '--json');
  const { sections } = JSON.parse(stdout) as { sections: Section[] };
  return sections.find((section) => section.title === title)?.findings ?? [];
}

async function configurationFile(name: string, content: string): Promise<string> {
  const file = join(directory, name);
  await writeFile(file, content);
  return file;
}

function what(text: string): string {
  return expect.stringContaining(text) as string;
}

describe('of a product that is well', () => {
  it('ends with 0, and shows what is there, as whom, and whether it is a sandbox', async () => {
    const run = await doctor();
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout).not.toContain('✗');
    for (const line of [
      `✓ Node.js ${process.versions.node}`,
      '✓ Temporal CLI: ',
      `✓ ${harness.configurationFile} and the environment`,
      '✓ default: 5 attempts, with delays of at most 100ms, 200ms, 400ms, 800ms: 1.5s in total',
      `✓ service at ${inject('temporalAddress')} answers, Temporal 1.`,
      `✓ namespace "${harness.namespace}" exists`,
      '✓ retention covers the deduplication window',
      '✓ all 7 search attributes are registered',
      '✓ slack:default is sendproof in Sandbox',
      'on this machine, like the sandbox, not the real platform',
      '✓ teams:default is ',
      '✓ teams-webhook:default is ',
      `✓ the API answers at ${harness.api.url}`,
      '✓ the API reaches Temporal',
      '✓ a worker polls',
      'Nothing is broken.',
    ]) {
      expect(run.stdout).toContain(line);
    }
  });

  it('shows no secret', async () => {
    const { stdout } = await doctor({ SENDPROOF_API_KEYS: 'a-secret-key' }, '--json');
    const { slackToken, graphToken } = harness.sandbox;
    const secrets = [
      slackToken,
      graphToken,
      harness.sandbox.webhookUrl('incidents'),
      'a-secret-key',
    ];
    for (const secret of secrets) expect(stdout).not.toContain(secret);
  });
});

describe('of something broken', () => {
  it('ends with 1, says how many things are, and puts a remedy under each', async () => {
    const run = await doctor({ SENDPROOF_URL: NOBODY });
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toMatch(/✗ the API does not answer\n +.*npm start/);
    expect(run.stdout).toContain('Broken: 1.');
  });

  it('names each wrong field of the configuration, and still looks at the rest', async () => {
    const SENDPROOF_CONFIG = await configurationFile(
      'wrong.yaml',
      'retry: { default: { attempts: 0 } }\ndeduplicationWindow: soon\n',
    );
    const found = await findings({ SENDPROOF_CONFIG }, 'Configuration');
    expect(found).toMatchObject([
      { state: 'broken', what: what('deduplicationWindow: not a duration: "soon"') },
      { state: 'broken', what: what('retry.default.attempts: ') },
    ]);
    expect(await findings({ SENDPROOF_CONFIG }, 'Temporal')).toContainEqual(
      expect.objectContaining({ state: 'ok', what: what('answers') }),
    );
  });

  it('names the place in a file that is not YAML', async () => {
    const SENDPROOF_CONFIG = await configurationFile('broken.yaml', 'accounts: [\n');
    const found = await findings({ SENDPROOF_CONFIG }, 'Configuration');
    expect(found).toMatchObject([{ state: 'broken', what: what('not valid YAML') }]);
    expect(found[0]?.what).toMatch(/line 2, column 1/);
  });

  it('tells a Temporal that is not there from an embedded one that is not running', async () => {
    const [service] = await findings({ TEMPORAL_ADDRESS: '127.0.0.1:1' }, 'Temporal');
    expect(service).toMatchObject({ state: 'broken', remedy: what('TEMPORAL_ADDRESS') });
    const embedded = { TEMPORAL_ADDRESS: undefined, TEMPORAL_PORT: '1' };
    const [server] = await findings(embedded, 'Temporal');
    expect(server).toMatchObject({ state: 'broken', remedy: what('"npm start" starts it') });
  });

  it('has the command for a namespace that is not there', async () => {
    const found = await findings({ TEMPORAL_NAMESPACE: 'nowhere' }, 'Temporal');
    expect(found[1]).toMatchObject({
      state: 'broken',
      remedy: what('temporal operator namespace create --namespace nowhere'),
    });
  });

  it('has the commands for retention and search attributes that were left out', async () => {
    const namespace = `doctor-${process.pid}-${Date.now()}`;
    await createBareNamespace(namespace);
    const environment = { TEMPORAL_NAMESPACE: namespace, DEDUPLICATION_WINDOW: '48h' };
    const found = await findings(environment, 'Temporal');
    expect(found).toContainEqual(
      expect.objectContaining({ state: 'broken', remedy: what('--retention 48h') }),
    );
    expect(found).toContainEqual({
      state: 'broken',
      what: 'search attribute Destination is not registered',
      remedy: `temporal operator search-attribute create --namespace ${namespace} --name Destination --type KeywordList`,
    });
  });

  it('names the secret that acknowledgements lack, and shows none', async () => {
    const SENDPROOF_CONFIG = await configurationFile(
      'acknowledgements.yaml',
      JSON.stringify({
        acknowledgements: {
          secret: [
            { file: join(directory, 'absent') },
            { file: await configurationFile('weak-secret', 'whsec_tooweak') },
          ],
          allowedHosts: ['hooks.example.com'],
        },
        sources: { pagerduty: { pagerduty: { token: { env: 'ABSENT' }, from: 'a@example.com' } } },
      }),
    );
    const found = await findings({ SENDPROOF_CONFIG }, 'Acknowledgements');
    expect(found).toMatchObject([
      { state: 'ok', what: what('https://hooks.example.com') },
      { state: 'ok', what: what('incidents of pagerduty') },
      { state: 'broken', what: what('absent is missing or empty') },
      { state: 'broken', what: what('weak-secret does not contain a signing secret') },
      { state: 'broken', what: what('ABSENT is not set') },
    ]);
    expect(JSON.stringify(found)).not.toContain('tooweak');
  });

  it('names the account whose secret is missing, or is refused by the platform', async () => {
    const apiUrl = harness.sandbox.slackApiUrl;
    const SENDPROOF_CONFIG = await configurationFile(
      'accounts.yaml',
      JSON.stringify({
        accounts: {
          slack: {
            missing: { apiUrl, token: { file: join(directory, 'absent') } },
            revoked: { apiUrl, token: { file: await configurationFile('token', 'no-such-token') } },
          },
        },
      }),
    );
    const found = await findings({ SENDPROOF_CONFIG }, 'Accounts');
    expect(found).toMatchObject([
      { state: 'broken', what: what('slack:missing'), remedy: what('absent is missing or empty') },
      { state: 'broken', what: what('slack:revoked'), remedy: what('Renew the account’s') },
      ...SANDBOX_ACCOUNTS.map((id) => ({ state: 'note', what: what(`${id} is not configured`) })),
    ]);
    expect(found[1]?.what).toContain('credentials_rejected');
  });

  it('tells that no worker polls', async () => {
    const idle = await startHarness({ workers: false });
    try {
      const found = await findings({ SENDPROOF_URL: idle.api.url }, 'API');
      expect(found).toContainEqual(
        expect.objectContaining({ state: 'broken', what: what('no worker polls') }),
      );
    } finally {
      await idle.close();
    }
  });
});

async function createBareNamespace(namespace: string): Promise<void> {
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('24h'),
    });
    await vi.waitFor(() => connection.operatorService.listSearchAttributes({ namespace }), {
      timeout: 30_000,
      interval: 50,
    });
  } finally {
    await connection.close();
  }
}

it('signs nobody in for an account that is not configured', async () => {
  const run = await runSendproof(['sign-in', 'teams:nobody'], {
    environment: { SENDPROOF_CONFIG: harness.configurationFile },
  });
  expect(run).toMatchObject({ exitCode: 2, stderr: what('teams:default') });
});
