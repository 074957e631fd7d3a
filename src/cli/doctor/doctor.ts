/** `sendproof doctor`: checks the installation and shows a remedy for each failure. Works even if nothing else does. */
import { loadConfiguration, type Configuration } from '../../config/configuration.js';
import { SHORTEST_KEY, shortKeys, type ApiKey } from '../../config/keys.js';
import type { People } from '../../config/people.js';
import { platformsWithoutAccount, SANDBOX_ACCOUNTS } from '../../start/sandboxAccounts.js';
import type { CommandContext } from '../command.js';
import { ExitCode } from '../exitCode.js';
import { formatDuration } from '../../lib/formatDuration.js';
import type { Display } from '../output.js';
import { checkAcknowledgements } from './acknowledgements.js';
import { checkAccounts } from './accounts.js';
import { checkApi } from './api.js';
import { checkEventTargets } from './events.js';
import { checkContentRetention } from './contentRetention.js';
import { checkEncryption } from './encryption.js';
import { broken, note, ok, type Finding, type Section } from './finding.js';
import { checkInstallation } from './installation.js';
import { checkMachine } from './machine.js';
import { checkQueues } from './queues.js';
import { retryLadder, renderLadder } from './retries.js';
import { checkTemporalService, locateTemporal, type TemporalPlace } from './temporalService.js';
import { ConfigurationError } from '../../lib/configurationError.js';

export async function doctor(context: CommandContext): Promise<ExitCode> {
  const { environment, output } = context;
  const configuration = readConfiguration(() => loadConfiguration(environment, SANDBOX_ACCOUNTS));
  const temporal = readConfiguration(() => locateTemporal(environment));
  const usable = 'value' in configuration ? configuration.value : undefined;
  const embedded = 'value' in temporal && temporal.value.embedded;

  const sections = await Promise.all([
    section('Machine', checkMachine(environment, embedded)),
    section('Running installation', checkInstallation(environment)),
    section('Configuration', configurationFindings(configuration)),
    section('Retry profiles', usable ? retryFindings(usable) : []),
    section('Limits', usable ? limitFindings(usable) : []),
    section('Temporal', temporalFindings(temporal, usable)),
    section('Accounts', usable ? accountFindings(usable) : []),
    section('Acknowledgements', usable ? checkAcknowledgements(usable.acknowledgements) : []),
    section('Queues', usable ? checkQueues(usable.queues) : []),
    section('Events', usable ? checkEventTargets(usable.events) : []),
    section('Encryption', usable ? checkEncryption(usable.encryption) : []),
    section('Content retention', usable ? checkContentRetention(usable.contentRetention) : []),
    section('API', checkApi(context)),
  ]);

  const healthy = !sections.some(({ findings }) => findings.some(isBroken));
  output.result({ healthy, sections }, renderReport);
  return healthy ? ExitCode.done : ExitCode.failed;
}

type Attempted<Value> = { value: Value } | { error: ConfigurationError };

function readConfiguration<Value>(read: () => Value): Attempted<Value> {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof ConfigurationError) return { error };
    throw error;
  }
}

async function section(title: string, findings: Finding[] | Promise<Finding[]>): Promise<Section> {
  return { title, findings: await findings };
}

function configurationFindings(configuration: Attempted<Configuration>): Finding[] {
  if ('error' in configuration) {
    // After an empty line, YAML's parser quotes the file at the line and column that its message has already named.
    const [faults = ''] = configuration.error.message.split('\n\n');
    return faults
      .split('\n')
      .map((fault) => broken(fault, 'Correct it and restart the API and the workers.'));
  }
  const { file, keys, people, deduplicationWindow } = configuration.value;
  const { defaultMs, bySourceMs } = deduplicationWindow;
  const windows = [
    formatDuration(defaultMs),
    ...Object.entries(bySourceMs).map(([source, ms]) => `${source}: ${formatDuration(ms)}`),
  ];
  return [
    ok(file === undefined ? 'environment variables, no file' : `${file} and the environment`),
    ok(`deduplication window: ${windows.join('; ')}`),
    ...keyFindings(keys, people),
  ];
}

function keyFindings(keys: readonly ApiKey[], people: People | undefined): Finding[] {
  if (keys.length === 0 && people) return [ok('no API keys: people sign in elsewhere')];
  if (keys.length === 0) {
    const remedy = 'Set SENDPROOF_API_KEYS.';
    return [note('no API keys: every program on this machine may send messages', remedy)];
  }
  const short = shortKeys(keys).length;
  if (short === 0) return [ok('API keys are set')];
  return [
    ok('API keys are set'),
    note(
      `${short} of SENDPROOF_API_KEYS can be guessed: less than ${SHORTEST_KEY} characters`,
      'Replace them: "sendproof keys create" makes a key.',
    ),
  ];
}

function retryFindings({ retryProfiles }: Configuration): Finding[] {
  return Object.entries(retryProfiles).map(([name, profile]) =>
    ok(`${name}: ${renderLadder(retryLadder(profile))}`),
  );
}

function limitFindings({ accounts }: Configuration): Finding[] {
  const perSecond = (limit: number | 'off'): string =>
    limit === 'off' ? 'no limit' : `at most ${limit}/s`;
  return accounts.map((account) => {
    const { perAccount, perDestination } = account.limits;
    return ok(
      `${account.id}: ${perSecond(perDestination)} for each destination, ${perSecond(perAccount)} for the account`,
    );
  });
}

async function temporalFindings(
  temporal: Attempted<TemporalPlace>,
  configuration: Configuration | undefined,
): Promise<Finding[]> {
  if ('error' in temporal) return [broken('not configured', temporal.error.message)];
  return await checkTemporalService(temporal.value, configuration?.deduplicationWindow);
}

async function accountFindings(configuration: Configuration): Promise<Finding[]> {
  return await checkAccounts(configuration.accounts, platformsWithoutAccount(configuration));
}

function isBroken({ state }: Finding): boolean {
  return state === 'broken';
}

function renderReport(
  { healthy, sections }: { healthy: boolean; sections: Section[] },
  display: Display,
): string {
  const { style } = display;
  const parts = sections
    .filter(({ findings }) => findings.length > 0)
    .map(({ title, findings }) =>
      [
        style('bold', title),
        ...findings.flatMap((finding) => renderFinding(finding, display)),
      ].join('\n'),
    );
  const conclusion = healthy
    ? style('green', 'Nothing is broken.')
    : style(
        'red',
        `Broken: ${sections.flatMap(({ findings }) => findings).filter(isBroken).length}.`,
      );
  return [...parts, conclusion].join('\n\n');
}

function renderFinding({ state, what, remedy }: Finding, { style }: Display): string[] {
  const marks = { ok: style('green', '✓'), broken: style('red', '✗'), note: style('dim', '–') };
  return [`  ${marks[state]} ${what}`, ...(remedy === undefined ? [] : [`      ${remedy}`])];
}
