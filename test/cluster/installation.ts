/** The official Temporal server, built from its source into this user's cache, and the files with which Compose runs it. */
import { readFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { runToEnd } from '../runToEnd.js';
import { installedOnce } from '../userCache.js';

const MODULE = 'go.temporal.io/server';

export interface ServerInstallation {
  /** Has the commands `temporal-server` and `temporal-sql-tool`. */
  commands: string;
  /** The schemas of its databases, with a folder for each. */
  schemas: string;
}

interface ComposeFile {
  services: { temporal: { image: string; environment: Record<string, string> } };
}

const compose = parseYaml(readFileSync(resolve('docker-compose.temporal.yml'), 'utf8'), {
  merge: true,
}) as ComposeFile;

/** Of the image in the compose file: `1.32.2`. */
export const SERVER_VERSION = compose.services.temporal.image.split(':')[1] ?? '';

/** The environment of that container. */
export const SERVER_ENVIRONMENT = compose.services.temporal.environment;

/** Builds it once, which takes minutes. Rejects with what `go` says where that fails. */
export async function installTemporalServer(): Promise<ServerInstallation> {
  const directory = await installedOnce(`temporal-server-${SERVER_VERSION}`, build);
  return { commands: directory, schemas: join(directory, 'schema') };
}

async function build(directory: string): Promise<void> {
  const go = (...args: string[]) =>
    runToEnd('go', args, {
      // A module around it, as this project's folder may be in one, would decide about versions.
      cwd: tmpdir(),
      environment: {
        ...process.env,
        GOBIN: directory,
        CGO_ENABLED: '0',
        // The server names the Go version that it needs, which Go gets where it is itself an older one.
        GOTOOLCHAIN: 'auto',
      },
    });
  const packages = ['cmd/server', 'cmd/tools/sql'];
  const versions = packages.map((path) => `${MODULE}/${path}@v${SERVER_VERSION}`);
  await go('install', '-ldflags=-s -w', ...versions);
  await rename(join(directory, 'server'), join(directory, 'temporal-server'));
  await rename(join(directory, 'sql'), join(directory, 'temporal-sql-tool'));
  const downloaded = await go('mod', 'download', '-json', `${MODULE}@v${SERVER_VERSION}`);
  const { Dir: source } = JSON.parse(downloaded) as { Dir: string };
  // Go's own copy is write-protected, and could not be removed.
  const schemas = join(source, 'schema/postgresql/v12');
  await runToEnd('cp', ['-R', '--no-preserve=mode', schemas, join(directory, 'schema')]);
}
