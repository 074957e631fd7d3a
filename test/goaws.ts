/** goaws, an emulator of AWS SNS that signs what it sends: a sender that nobody here wrote. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnKept } from '../src/embedded/keptProcess.js';
import { LOOPBACK, resolvePort } from '../src/lib/ports.js';
import { eventually } from './eventually.js';
import { runToEnd } from './runToEnd.js';
import { installedOnce } from './userCache.js';

const STOP_GRACE_MS = 2_000;
const VERSION = 'v0.4.5';
const ACCOUNT = '000000000000';
const REGION = 'eu-west-1';

/** Builds it into this user's cache once. Rejects with what `go` says where that fails. */
export async function installGoaws(): Promise<string> {
  const directory = await installedOnce(`goaws-${VERSION}`, async (made) => {
    const command = `github.com/Admiral-Piett/goaws/app/cmd@${VERSION}`;
    const environment = { ...process.env, GOBIN: made, CGO_ENABLED: '0' };
    await runToEnd('go', ['install', '-ldflags=-s -w', command], { environment });
  });
  return join(directory, 'cmd');
}

export interface Goaws {
  /** As `http://127.0.0.1:4100`: what its certificates and confirmations are asked of. */
  url: string;
  /** The ARN of a topic that there may be. */
  arn(topic: string): string;
  /** Makes the topic, and subscribes the endpoint, which is asked to confirm. */
  subscribe(topic: string, endpoint: string): Promise<void>;
  publish(topic: string, message: string, subject?: string): Promise<void>;
  /** All that it logged. */
  log(): string;
  stop(): Promise<void>;
}

export async function startGoaws(command: string, directory: string): Promise<Goaws> {
  const port = await resolvePort(0);
  const file = join(directory, 'goaws.yaml');
  const settings = { Host: LOOPBACK, Port: port, Region: REGION, AccountId: ACCOUNT };
  await writeFile(file, JSON.stringify({ Local: settings }));
  const child = spawnKept(command, [`--config=${file}`, '--debug']);
  const lines: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => lines.push(chunk));
  child.stderr.resume();
  const url = `http://${LOOPBACK}:${port}`;
  const arn = (topic: string): string => `arn:aws:sns:${REGION}:${ACCOUNT}:${topic}`;
  const act = async (action: string, parameters: Record<string, string>): Promise<void> => {
    const body = new URLSearchParams({ Action: action, Version: '2010-03-31', ...parameters });
    const answer = await fetch(url, { method: 'POST', body });
    if (!answer.ok) throw new Error(`${action}: HTTP ${answer.status} ${await answer.text()}`);
  };
  await eventually(() => act('ListTopics', {}));
  return {
    url,
    arn,
    subscribe: async (topic, endpoint) => {
      await act('CreateTopic', { Name: topic });
      await act('Subscribe', { TopicArn: arn(topic), Protocol: 'http', Endpoint: endpoint });
    },
    publish: (topic, message, subject) =>
      act('Publish', {
        TopicArn: arn(topic),
        Message: message,
        ...(subject && { Subject: subject }),
      }),
    log: () => Buffer.concat(lines).toString(),
    stop: () => child.stop(STOP_GRACE_MS),
  };
}
