/** Checks what this machine provides: Node.js and the Temporal CLI. */
import { createRequire } from 'node:module';
import { pino } from 'pino';
import { CLI_VERSION, lookForTemporalCli } from '../../embedded/temporalCli.js';
import { broken, note, ok, type Finding } from './finding.js';
import { ConfigurationError } from '../../lib/configurationError.js';

export async function checkMachine(
  environment: NodeJS.ProcessEnv,
  /** Whether the embedded server is used, which needs the temporal command. */
  embedded: boolean,
): Promise<Finding[]> {
  return [checkNode(process.versions.node), await checkTemporalCli(environment, embedded)];
}

/** @param version as `20.20.2` */
export function checkNode(version: string): Finding {
  const { engines } = createRequire(import.meta.url)('sendproof/package.json') as {
    engines: { node: string };
  };
  const oldest = engines.node.replace(/^>=\s*/, '');
  return versionOrder.compare(version, oldest) >= 0
    ? ok(`Node.js ${version}`)
    : broken(`Node.js ${version} is older than ${oldest}`, `Install Node.js ${oldest} or newer.`);
}

const versionOrder = new Intl.Collator('en', { numeric: true });

async function checkTemporalCli(
  environment: NodeJS.ProcessEnv,
  embedded: boolean,
): Promise<Finding> {
  try {
    const found = await lookForTemporalCli({ environment, log: pino({ level: 'silent' }) });
    if ('path' in found) return ok(`Temporal CLI: ${found.path} (found by ${found.foundBy})`);
    const missing = `no temporal command (${found.tried.join('; ')})`;
    return embedded
      ? note(
          missing,
          `"npm start" downloads it, or builds ${CLI_VERSION} with Go within minutes. To install it yourself: https://docs.temporal.io/cli#install.`,
        )
      : note(missing, 'Only the recipes for the temporal command need it.');
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return broken(error.message, 'Correct or unset TEMPORAL_CLI_PATH.');
  }
}
