/** `sendproof sources send`: sends a sample or a file to the running API, signed as its sender would sign it. */
import { loadConfiguration } from '../config/configuration.js';
import { own } from '../lib/own.js';
import { remedy } from '../lib/nearest.js';
import type { ConfiguredSource } from '../config/sources.js';
import { withLowerCaseNames } from '../sources/sampleRequest.js';
import type { SignedSample } from '../sources/source.js';
import { SANDBOX_ACCOUNTS } from '../start/sandboxAccounts.js';
import { locateApi } from './apiLocation.js';
import type { CommandContext } from './command.js';
import { UnreachableError, UsageError } from './errors.js';
import { ExitCode } from './exitCode.js';
import { headersOf, read, sourceNamed } from './routesTest.js';

export interface SourcesSendOptions {
  sample?: string;
  file?: string;
  header?: string[];
  config?: string;
  list?: true;
}

const TIMEOUT_MS = 30_000;

/** Exits with 1 where the API does not take the request. */
export async function sourcesSend(
  name: string,
  options: SourcesSendOptions,
  { environment, output }: CommandContext,
  apiUrl: string | undefined,
): Promise<ExitCode> {
  const configuration = loadConfiguration(
    { ...environment, ...(options.config !== undefined && { SENDPROOF_CONFIG: options.config }) },
    SANDBOX_ACCOUNTS,
  );
  const configured = sourceNamed(name, configuration);
  if (options.list) {
    const samples = Object.keys(configured.type.samples);
    output.result({ source: configured.name, samples }, ({ samples: names }) => names.join('\n'));
    return ExitCode.done;
  }
  const { body, headers, token } = configured.source.sign(sampleOf(configured, options));
  const { url } = locateApi(apiUrl, environment);
  const path = `/v1/sources/${encodeURIComponent(configured.name)}`;
  const answer = await post(
    `${url}${path}${token === undefined ? '' : `/${encodeURIComponent(token)}`}`,
    // What proves the sender may have the name of a header that was given, in another case.
    { headers: withLowerCaseNames(headers), body },
    url,
  );
  output.result({ source: configured.name, ...answer }, ({ body: said, status }) =>
    [`${status}`, typeof said === 'string' ? said : JSON.stringify(said, undefined, 2)].join('  '),
  );
  return answer.status < 400 ? ExitCode.done : ExitCode.failed;
}

function sampleOf({ type }: ConfiguredSource, options: SourcesSendOptions): SignedSample {
  const { file, header = [], sample } = options;
  const headers = headersOf(header);
  if (file !== undefined) {
    // The bytes of the file, in whatever encoding.
    return { headers: { 'content-type': 'application/json', ...headers }, body: read(file) };
  }
  const names = Object.keys(type.samples);
  const chosen = sample ?? names[0] ?? '';
  const found = own(type.samples, chosen);
  if (!found) throw new UsageError(`There is no sample "${chosen}"; ${remedy(chosen, names)}`);
  return { body: found.body, headers: { ...withLowerCaseNames(found.headers), ...headers } };
}

async function post(
  address: string,
  { body, headers }: SignedSample,
  api: string,
): Promise<{ status: number; body: unknown }> {
  let response: Response;
  try {
    response = await fetch(address, {
      method: 'POST',
      headers,
      body: typeof body === 'string' ? body : new Uint8Array(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    // Not with the address, which may have a secret at its end.
    throw new UnreachableError(`The API at ${api} does not answer. Is it running?`, {
      cause: error,
    });
  }
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) as unknown };
  } catch {
    return { status: response.status, body: text };
  }
}
