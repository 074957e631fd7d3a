/** A PostgreSQL server of this machine's packages, with its data in a directory of its own. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { spawnKept } from '../../src/embedded/keptProcess.js';
import { LOOPBACK, resolvePort } from '../../src/lib/ports.js';
import { runToEnd } from '../runToEnd.js';
import { untilListening } from '../listening.js';

const STOP_GRACE_MS = 10_000;

/** As in the compose file. */
export const DATABASE_USER = 'temporal';

/** How it is reached on this machine, by `DATABASE_USER`. */
export interface DatabaseAccess {
  port: number;
  password: string;
}

export interface Postgres extends DatabaseAccess {
  /** Ends it, deletes its data, and starts it as new on the same port, with the same password. */
  replaceByEmpty(): Promise<void>;
  /** Runs a script of the shell for which PostgreSQL's commands find this server. Resolves with what it wrote to its standard error. */
  run(script: string, directory: string): Promise<string>;
  /** Ends it once its clients have gone, and removes its data. */
  close(): Promise<void>;
}

export async function startPostgres(): Promise<Postgres> {
  const access = { port: await resolvePort(0), password: randomBytes(12).toString('hex') };
  let server = await startEmpty(access);
  return {
    ...access,
    replaceByEmpty: async () => {
      await server.close();
      server = await startEmpty(access);
    },
    run: async (script, directory) => {
      const child = spawnKept('bash', ['-o', 'pipefail', '-c', script], {
        cwd: directory,
        environment: environmentFor(access),
      });
      child.stdout.resume();
      const [errors, code] = await Promise.all([text(child.stderr), child.exited]);
      if (code !== 0) throw new Error(`${script} ended with exit code ${code}: ${errors}`);
      return errors;
    },
    close: () => server.close(),
  };
}

/** A server with nothing but the owner's database, as PostgreSQL's image makes it. */
async function startEmpty({ port, password }: DatabaseAccess): Promise<Pick<Postgres, 'close'>> {
  const commands = findCommands();
  const directory = await mkdtemp(join(tmpdir(), 'sendproof-postgresql-'));
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, password);
  // It refuses to run as root.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await runToEnd('chown', ['-R', 'postgres:', directory]);
  const command = (name: string, args: readonly string[]): [string, string[]] => {
    const path = join(commands, name);
    const asPostgres = ['--reuid=postgres', '--regid=postgres', '--clear-groups', path];
    return isRoot ? ['setpriv', [...asPostgres, ...args]] : [path, [...args]];
  };

  const data = join(directory, 'data');
  const owner = [`--username=${DATABASE_USER}`, `--pwfile=${passwordFile}`];
  const form = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C.UTF-8', '--data-checksums'];
  await runToEnd(...command('initdb', [`--pgdata=${data}`, ...owner, ...form]), { cwd: tmpdir() });
  const settings = [
    `listen_addresses = '${LOOPBACK}'`,
    `port = ${port}`,
    `unix_socket_directories = ''`,
    'max_connections = 200',
  ];
  await appendFile(join(data, 'postgresql.conf'), settings.map((line) => `${line}\n`).join(''));

  const server = spawnKept(...command('postgres', ['-D', data]), { cwd: tmpdir() });
  server.stdout.resume();
  server.stderr.resume();
  const close = async (): Promise<void> => {
    await server.stop(STOP_GRACE_MS);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await untilListening(port);
    await runToEnd('createdb', [`--username=${DATABASE_USER}`, DATABASE_USER], {
      environment: environmentFor({ port, password }),
    });
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

/** With which PostgreSQL's commands find a server. */
function environmentFor({ port, password }: DatabaseAccess): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: `${findCommands()}:${process.env.PATH}`,
    PGHOST: LOOPBACK,
    PGPORT: String(port),
    PGPASSWORD: password,
  };
}

/** All that is in a database, as SQL, in which bytes are hexadecimal. */
export async function dumpDatabase(access: DatabaseAccess, database: string): Promise<string> {
  return await runToEnd('pg_dump', ['--username', DATABASE_USER, database], {
    environment: environmentFor(access),
  });
}

/** Where Debian's packages have their versions, of which only the client's commands are on the PATH. */
const DEBIAN_VERSIONS = '/usr/lib/postgresql';

function findCommands(): string {
  const versions = existsSync(DEBIAN_VERSIONS) ? readdirSync(DEBIAN_VERSIONS).map(Number) : [];
  if (versions.length === 0) {
    throw new Error(
      'PostgreSQL is missing. Debian and Ubuntu: apt-get install postgresql, as .ci/run does.',
    );
  }
  return join(DEBIAN_VERSIONS, String(Math.max(...versions)), 'bin');
}
