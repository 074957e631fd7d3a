/**
 * The full Temporal server on PostgreSQL, as docker-compose.temporal.yml runs it, without containers: its version, environment,
 * dynamic configuration and scripts are those of the compose file and of `deploy/`. Only addresses and ports are others.
 */
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { spawnKept, type KeptProcess } from '../../src/embedded/keptProcess.js';
import { LOOPBACK, resolvePort } from '../../src/lib/ports.js';
import { runToEnd } from '../runToEnd.js';
import { startSilencedProxy } from '../silencedProxy.js';
import { installTemporalServer, SERVER_ENVIRONMENT } from './installation.js';
import { DATABASE_USER, startPostgres, type Postgres } from './postgres.js';

/** Registered by the script of `deploy/`, as in the compose file. */
export const NAMESPACE = 'sendproof';

const STOP_GRACE_MS = 15_000;
const DYNAMIC_CONFIG = 'deploy/temporal/dynamic-config/sendproof.yaml';

export interface FullServer {
  /** `host:port` of its frontend, the same after a restart. */
  readonly address: string;
  readonly database: Postgres;
  /** Drops its connections to PostgreSQL, and refuses new ones until they are restored. */
  dropDatabase(): void;
  restoreDatabase(): void;
  /** As a loss of power would. */
  kill(): Promise<void>;
  /** As the engine of containers does, with time to finish. */
  stop(): Promise<void>;
  /** Starts it again on the same databases; resolves when it serves. */
  start(): Promise<void>;
  /** Ends both servers, and removes their data. */
  close(): Promise<void>;
}

/** @param cliPath the `temporal` command, which the scripts use */
export async function startFullServer(cliPath: string): Promise<FullServer> {
  const { commands, schemas } = await installTemporalServer();
  const cleanUp: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of cleanUp.splice(0).reverse()) await step();
  };
  try {
    const tools = await mkdtemp(join(tmpdir(), 'sendproof-tools-'));
    cleanUp.push(() => rm(tools, { recursive: true }));
    await symlink(cliPath, join(tools, 'temporal'));
    const run = (script: string, environment: NodeJS.ProcessEnv) =>
      runToEnd('sh', [resolve('deploy/temporal', script)], {
        environment: {
          PATH: `${tools}:${commands}:${process.env.PATH}`,
          HOME: '/',
          ...environment,
        },
      });

    const database = await startPostgres();
    cleanUp.push(() => database.close());
    await run('setup-schema.sh', {
      SQL_PLUGIN: 'postgres12',
      SQL_HOST: LOOPBACK,
      SQL_PORT: String(database.port),
      SQL_USER: DATABASE_USER,
      SQL_PASSWORD: database.password,
      SCHEMA_DIR: schemas,
    });
    const proxy = await startSilencedProxy(`${LOOPBACK}:${database.port}`);
    cleanUp.push(() => proxy.close());

    const serverPorts = await ports();
    const environment = {
      ...SERVER_ENVIRONMENT,
      ...serverPorts,
      PATH: process.env.PATH,
      POSTGRES_SEEDS: LOOPBACK,
      POSTGRES_USER: DATABASE_USER,
      POSTGRES_PWD: database.password,
      DB_PORT: proxy.address.split(':')[1],
      BIND_ON_IP: LOOPBACK,
      DYNAMIC_CONFIG_FILE_PATH: resolve(DYNAMIC_CONFIG),
    };
    const address = `${LOOPBACK}:${serverPorts.FRONTEND_GRPC_PORT}`;
    let server: KeptProcess | undefined;
    const start = async (): Promise<void> => {
      server = spawnKept(join(commands, 'temporal-server'), ['start'], { environment });
      const serving = run('register-namespace.sh', {
        TEMPORAL_ADDRESS: address,
        TEMPORAL_NAMESPACE: NAMESPACE,
        NAMESPACE_RETENTION: '72h',
      });
      await Promise.race([serving, failIfEnded(server)]);
    };
    const stop = async (): Promise<void> => server?.stop(STOP_GRACE_MS);
    cleanUp.push(stop);
    await start();
    return {
      address,
      database,
      dropDatabase: () => proxy.drop(),
      restoreDatabase: () => proxy.resume(),
      kill: async () => server?.stop(0),
      stop,
      start,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Rejects with the last that it wrote, if it ends before it was stopped. */
async function failIfEnded(server: KeptProcess): Promise<never> {
  let output = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output = (output + chunk).slice(-MOST_OUTPUT);
    });
  }
  const code = await server.exited;
  throw new Error(`The Temporal server ended with exit code ${code}: ${output}`);
}

const MOST_OUTPUT = 5_000;

/** The variables that tell the server its ports, each with a free one. */
async function ports(): Promise<Record<string, string>> {
  const services = ['FRONTEND', 'HISTORY', 'MATCHING', 'WORKER'];
  const names = [
    ...services.flatMap((name) => [`${name}_GRPC_PORT`, `${name}_MEMBERSHIP_PORT`]),
    'FRONTEND_HTTP_PORT',
  ];
  const free = new Set<number>();
  while (free.size < names.length) free.add(await resolvePort(0));
  return Object.fromEntries(names.map((name, index) => [name, String([...free][index])]));
}
