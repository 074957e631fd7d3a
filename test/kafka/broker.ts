/** A real Apache Kafka broker of one node, from the jars of Maven's registry, without containers. Needs Java 17 and Maven. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { spawnKept, type KeptProcess } from '../../src/embedded/keptProcess.js';
import { LOOPBACK, resolvePort } from '../../src/lib/ports.js';
import { makeCertificate } from './certificate.js';
import { installJars } from '../jars.js';
import { canConnect } from '../listening.js';
import { runToEnd } from '../runToEnd.js';
import { eventually } from '../eventually.js';

const POM = resolve(import.meta.dirname, 'pom.xml');
const STOP_GRACE_MS = 10_000;

/** The same broker with TLS, for one user. Nobody but its own file vouches for its certificate. */
export interface SecuredListener {
  address: string;
  certificate: string;
  username: string;
  password: string;
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

/** With a second listener. Needs openssl. */
export async function startSecuredBroker(): Promise<KafkaBroker & { secured: SecuredListener }> {
  const directory = await mkdtemp(join(tmpdir(), 'sendproof-certificate-'));
  const { certificate, withKey } = await makeCertificate(directory);
  const address = `${LOOPBACK}:${await resolvePort(0)}`;
  const password = randomBytes(12).toString('hex');
  const secured = { address, certificate, username: 'sender', password };
  const broker = await startKafkaBroker({ ...secured, keystore: withKey });
  const close = async (): Promise<void> => {
    await broker.close();
    await rm(directory, { recursive: true, force: true });
  };
  return { ...broker, secured, close };
}

type Secured = Omit<SecuredListener, 'certificate'> & { keystore: string };

/** Topics must be created: none comes into being because somebody names it. */
export async function startKafkaBroker(secured?: Secured): Promise<KafkaBroker> {
  const jars = await installJars('kafka', POM);
  const directory = await mkdtemp(join(tmpdir(), 'sendproof-kafka-'));
  const ports = { broker: await resolvePort(0), controller: await resolvePort(0) };
  const address = `${LOOPBACK}:${ports.broker}`;
  const file = join(directory, 'server.properties');
  const settings = properties(join(directory, 'data'), ports, secured);
  await writeFile(file, settings);
  const java = (main: string, args: string[]) => [
    ...['-Xms192m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
    ...['-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-Dlog4j2.disable.jmx=true'],
    ...['-cp', join(jars, '*'), main, ...args],
  ];
  const clusterId = randomBytes(16).toString('base64url');
  const format = ['format', '--cluster-id', clusterId, '--config', file];
  const scram = secured && `[name=${secured.username},password=${secured.password}]`;
  const users = scram === undefined ? [] : ['--add-scram', `SCRAM-SHA-512=${scram}`];
  await runToEnd('java', java('kafka.tools.StorageTool', [...format, ...users]));

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

/** https://kafka.apache.org/documentation/#security_sasl */
function securedProperties({ keystore, password, username }: Secured): Record<string, string> {
  const login = 'org.apache.kafka.common.security';
  const prefix = 'listener.name.secured';
  return {
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_SSL',
    [`${prefix}.ssl.keystore.type`]: 'PEM',
    [`${prefix}.ssl.keystore.location`]: keystore,
    [`${prefix}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-512',
    [`${prefix}.plain.sasl.jaas.config`]: `${login}.plain.PlainLoginModule required user_${username}="${password}";`,
    [`${prefix}.scram-sha-512.sasl.jaas.config`]: `${login}.scram.ScramLoginModule required;`,
  };
}

/** One node that is broker and controller (https://kafka.apache.org/documentation/#kraft), small enough for a test. */
function properties(
  data: string,
  ports: { broker: number; controller: number },
  secured: Secured | undefined,
): string {
  const listener = secured === undefined ? '' : `,SECURED://${secured.address}`;
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${LOOPBACK}:${ports.controller}`,
    listeners: `PLAINTEXT://${LOOPBACK}:${ports.broker}${listener},CONTROLLER://${LOOPBACK}:${ports.controller}`,
    'advertised.listeners': `PLAINTEXT://${LOOPBACK}:${ports.broker}${listener}`,
    ...(secured && securedProperties(secured)),
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
