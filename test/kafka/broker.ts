/** A real Apache Kafka broker of one node, from the jars of Maven's registry, without containers. Needs Java 17 and Maven. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { spawnKept, type KeptProcess } from '../../src/embedded/keptProcess.js';
import { LOOPBACK } from '../../src/lib/ports.js';
import { freePort } from '../alertmanager.js';
import { canConnect, installJars, runToEnd } from '../jars.js';
import { eventually } from '../eventually.js';

const POM = resolve(import.meta.dirname, 'pom.xml');
const STOP_GRACE_MS = 10_000;

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
  const jars = await installJars('kafka', POM);
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
  await runToEnd('java', java('kafka.tools.StorageTool', format));

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
