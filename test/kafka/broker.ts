/** A real Apache Kafka broker of one node, from the jars of Maven's registry, without containers. Needs Java 17 and Maven. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import envPaths from 'env-paths';
import { spawnKept, type KeptProcess } from '../../src/embedded/keptProcess.js';
import { LOOPBACK } from '../../src/lib/ports.js';
import { freePort } from '../alertmanager.js';
import { eventually } from '../eventually.js';

const POM = resolve(import.meta.dirname, 'pom.xml');
const STOP_GRACE_MS = 10_000;

/** Gets the jars into this user's cache once. Rejects with what `mvn` says where that fails. */
async function installKafka(): Promise<string> {
  const { cache } = envPaths('sendproof', { suffix: '' });
  const version = createHash('sha256')
    .update(await readFile(POM))
    .digest('hex')
    .slice(0, 12);
  const directory = join(cache, `kafka-${version}`);
  if (existsSync(directory)) return directory;
  await mkdir(cache, { recursive: true });
  const unfinished = await mkdtemp(join(cache, 'unfinished-kafka-'));
  try {
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${unfinished}`];
    await run('mvn', ['--quiet', '--batch-mode', '--file', POM, ...goal]);
    await rename(unfinished, directory);
    return directory;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawnKept(command, args);
  const [output, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    child.exited,
  ]);
  if (code !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${errors.trim() || output.trim()}`);
}

export interface KafkaBroker {
  /** `host:port` on loopback, the same after a restart. */
  readonly address: string;
  /** As a loss of power would: nothing is flushed or handed over. */
  kill(): Promise<void>;
  /** Starts it again on the same data. */
  restart(): Promise<void>;
  /** Ends it, and removes its data. */
  close(): Promise<void>;
}

/** Topics must be created: none comes into being because somebody names it. */
export async function startKafkaBroker(): Promise<KafkaBroker> {
  const jars = await installKafka();
  const directory = await mkdtemp(join(tmpdir(), 'sendproof-kafka-'));
  const ports = { broker: await freePort(), controller: await freePort() };
  const address = `${LOOPBACK}:${ports.broker}`;
  const file = join(directory, 'server.properties');
  await writeFile(file, properties(join(directory, 'data'), ports));
  const java = (main: string, args: string[]) => [
    ...['-Xms192m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
    ...['-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-Dlog4j2.disable.jmx=true'],
    ...['-cp', join(jars, '*'), main, ...args],
  ];
  const clusterId = randomBytes(16).toString('base64url');
  const format = ['format', '--cluster-id', clusterId, '--config', file];
  await run('java', java('kafka.tools.StorageTool', format));

  let broker: KeptProcess | undefined;
  const start = async (): Promise<void> => {
    const child = spawnKept('java', java('kafka.Kafka', [file]));
    broker = child;
    child.stdout.resume();
    child.stderr.resume();
    await eventually(() => canConnect(ports.broker));
  };
  await start();
  return {
    address,
    kill: async () => {
      await broker?.stop(0);
    },
    restart: start,
    close: async () => {
      await broker?.stop(STOP_GRACE_MS);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function canConnect(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, LOOPBACK, () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', reject);
  });
}

/** One node that is broker and controller (https://kafka.apache.org/documentation/#kraft), small enough for a test. */
function properties(data: string, ports: { broker: number; controller: number }): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${LOOPBACK}:${ports.controller}`,
    listeners: `PLAINTEXT://${LOOPBACK}:${ports.broker},CONTROLLER://${LOOPBACK}:${ports.controller}`,
    'advertised.listeners': `PLAINTEXT://${LOOPBACK}:${ports.broker}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': data,
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 2,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'num.network.threads': 2,
    'num.io.threads': 2,
    'background.threads': 2,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
