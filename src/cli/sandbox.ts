/** `sendproof sandbox`: the sandbox by itself, for the tests of any project and for people who try a bot. */
import { isLoopback, LOOPBACK, portError } from '../lib/ports.js';
import { stopSignal } from '../lib/process.js';
import { readVariables } from '../lib/environment.js';
import { shellWord } from '../lib/shellCommand.js';
import { addressesOf, renderAddresses, type SandboxAddresses } from '../sandbox/addresses.js';
import { DEFAULT_SANDBOX_PORT, type Sandbox } from '../sandbox/interface.js';
import { startSandbox } from '../sandbox/sandbox.js';
import type { CommandContext } from './command.js';
import { FailureError } from './errors.js';
import { ExitCode } from './exitCode.js';

/** What the system is asked for when a server listens. Any other error is the file's. */
const OF_THE_NETWORK = ['listen', 'bind', 'getaddrinfo'];

export interface SandboxCommandOptions {
  port?: number;
  host?: string;
  file?: string;
  /** False with `--no-limits`. */
  limits: boolean;
  openDestinations?: boolean;
}

/** Runs until a signal stops it. With `--json`, the first line of standard output is a document of all addresses. */
export async function sandbox(
  options: SandboxCommandOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const stopped = stopSignal();
  const running = await start(options, context.environment);
  try {
    context.output.progress(addressesOf(running), renderStart);
    if (!isLoopback(options.host ?? LOOPBACK)) {
      context.output.remark(
        'Other machines can reach the sandbox. It has no secrets, and anybody who reaches it can read its posts and set faults.',
      );
    }
    await stopped;
  } finally {
    await running.close();
  }
  return ExitCode.done;
}

async function start(
  { file, host, limits, openDestinations, port: given }: SandboxCommandOptions,
  environment: NodeJS.ProcessEnv,
): Promise<Sandbox> {
  const variables = readVariables(environment, ['SANDBOX_PORT', 'SENDPROOF_ALLOWED_HOSTS']);
  const port = given ?? variables.SANDBOX_PORT ?? DEFAULT_SANDBOX_PORT;
  try {
    return await startSandbox({
      port,
      limits: limits ? 'platform' : 'off',
      allowedHosts: variables.SENDPROOF_ALLOWED_HOSTS ?? [],
      ...(host !== undefined && { host }),
      ...(file !== undefined && { file }),
      ...(openDestinations && { openDestinations }),
    });
  } catch (error) {
    const { message, syscall = '' } = error as NodeJS.ErrnoException;
    if (!OF_THE_NETWORK.includes(syscall)) throw new FailureError(message);
    const purpose = 'the sandbox';
    throw portError({ port, host, purpose, variable: '--port', hostVariable: '--host' }, error);
  }
}

/** The addresses, and what to try first. */
export function renderStart(addresses: SandboxAddresses): string {
  const { slack, url } = addresses;
  const json = "-H 'content-type: application/json'";
  const post = { channel: 'C0123ABC', text: 'hello' };
  const fault = { kind: 'timeout', when: 'after', platform: 'slack', times: 1 };
  return [
    'The sandbox is running: a local Slack and Teams with faults. Press Ctrl-C to stop it.',
    '',
    renderAddresses(addresses).replace(/^/gm, '  '),
    '',
    'Try:',
    '',
    `  curl ${shellWord(`${slack.apiUrl}chat.postMessage`)} ${json} \\`,
    `    -H ${shellWord(`authorization: Bearer ${slack.token}`)} -d ${shellWord(JSON.stringify(post))}`,
    '  # The next post is shown, and its answer never comes:',
    `  curl ${shellWord(`${url}/control/faults`)} ${json} -d ${shellWord(JSON.stringify(fault))}`,
  ].join('\n');
}
