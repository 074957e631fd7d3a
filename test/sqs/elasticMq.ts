/** A real ElasticMQ, which speaks the protocol of SQS, in memory. Needs Java 17 and Maven. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { spawnKept } from '../../src/embedded/keptProcess.js';
import { LOOPBACK, resolvePort } from '../../src/lib/ports.js';
import { eventually } from '../eventually.js';
import { installJars } from '../jars.js';
import { canConnect } from '../listening.js';

const POM = resolve(import.meta.dirname, 'pom.xml');
const STOP_GRACE_MS = 10_000;
const REGION = 'eu-west-1';

/** ElasticMQ takes any. Processes find them in their environment, as the SDK's default chain does. */
export const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

/** A queue and its dead-letter queue, as settings of `sqs`. */
export interface CreatedQueue {
  url: string;
  deadLetterUrl: string;
  region: string;
}

export interface ElasticMq {
  /** Makes a queue of this name and one for its dead letters. A name that ends with `.fifo` makes FIFO queues. */
  create(name: string): Promise<CreatedQueue>;
  close(): Promise<void>;
}

export async function startElasticMq(): Promise<ElasticMq> {
  const jars = await installJars('elasticmq', POM);
  const directory = await mkdtemp(join(tmpdir(), 'sendproof-elasticmq-'));
  const port = await resolvePort(0);
  const file = join(directory, 'elasticmq.conf');
  await writeFile(file, settings(port));
  const server = spawnKept('java', [
    ...['-Xms128m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
    ...[`-Dconfig.file=${file}`, '-cp', join(jars, '*'), 'org.elasticmq.server.Main'],
  ]);
  server.stdout.resume();
  server.stderr.resume();
  await eventually(() => canConnect(port));
  const client = new SQSClient({
    endpoint: `http://${LOOPBACK}:${port}`,
    region: REGION,
    credentials: {
      accessKeyId: CREDENTIALS.AWS_ACCESS_KEY_ID,
      secretAccessKey: CREDENTIALS.AWS_SECRET_ACCESS_KEY,
    },
  });
  const createOne = async (QueueName: string): Promise<string> => {
    const Attributes = QueueName.endsWith('.fifo') ? { FifoQueue: 'true' } : undefined;
    const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName, Attributes }));
    return QueueUrl;
  };
  return {
    create: async (name) => ({
      url: await createOne(name),
      deadLetterUrl: await createOne(name.replace(/(?:\.fifo)?$/, '-dead$&')),
      region: REGION,
    }),
    close: async () => {
      client.destroy();
      await server.stop(STOP_GRACE_MS);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function settings(port: number): string {
  return `
include classpath("application.conf")
node-address { protocol = http, host = "${LOOPBACK}", port = ${port}, context-path = "" }
rest-sqs { enabled = true, bind-port = ${port}, bind-hostname = "${LOOPBACK}", sqs-limits = strict }
rest-stats { enabled = false }
messages-storage { enabled = false }
`;
}
