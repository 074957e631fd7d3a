/** `sendproof keys create` */
import { randomBytes } from 'node:crypto';
import { stringify } from 'yaml';
import { digestOf, keysSchema } from '../config/keys.js';
import { inputFaults, relevantIssues } from '../lib/inputFaults.js';
import type { CommandContext } from './command.js';
import { UsageError } from './errors.js';
import { ExitCode } from './exitCode.js';

export interface KeysCreateOptions {
  name: string;
  /** With commas between, as the next two. */
  scopes: string;
  destinations?: string;
  sources?: string;
  tenant?: string;
}

/** Nobody can try so many. */
const KEY_BYTES = 32;

/** Makes a key, and shows it once, with its entry in `keys:`. It changes no file. */
export async function keysCreate(
  { destinations, name, scopes, sources, tenant }: KeysCreateOptions,
  { output }: CommandContext,
): Promise<ExitCode> {
  const key = randomBytes(KEY_BYTES).toString('base64url');
  const entry = {
    name,
    hash: `sha256:${digestOf(key).toString('hex')}`,
    scopes: listOf(scopes),
    ...(destinations !== undefined && { destinations: listOf(destinations) }),
    ...(sources !== undefined && { sources: listOf(sources) }),
    ...(tenant !== undefined && { tenant }),
  };
  const { error } = keysSchema.safeParse([entry], { error: inputFaults({ name: 'setting' }) });
  if (error) throw new UsageError(faultsOf(error.issues.flatMap(relevantIssues)));
  output.result({ key, entry }, () => `${key}\n\n${stringify({ keys: [entry] })}`.trimEnd());
  output.remark(
    'The key is shown only now: give it to its program. The lines below it belong in sendproof.yaml.',
  );
  return await Promise.resolve(ExitCode.done);
}

function listOf(text: string): string[] {
  return text.split(',').map((each) => each.trim());
}

/** As `--scopes: must be one of send, …`. */
function faultsOf(issues: readonly { path: PropertyKey[]; message: string }[]): string {
  return issues.map(({ message, path }) => `--${String(path[1])}: ${message}`).join('\n');
}
