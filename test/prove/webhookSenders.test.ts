/** Senders that nobody here wrote, through an outage: what arrives, and what is lost because its sender doesn't send it again. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { IncomingWebhook } from '@slack/webhook';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { sns } from '../../src/sources/sns/source.js';
import { GRPC_STATUS } from '../../src/temporal/grpcStatus.js';
import { eventually } from '../eventually.js';
import { installGoaws, startGoaws, type Goaws } from '../goaws.js';
import { INCIDENTS, startHarness, type Harness } from '../harness.js';
import { startRefusingProxy, type RefusingProxy } from '../refusingProxy.js';

const TOKEN = ['token', 'of', 'this', 'test'].join('-');

const OUTAGE_MS = 30_000;

let directory: string;
let goaws: Goaws;
let proxy: RefusingProxy;
let harness: Harness;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-senders-'));
  goaws = await startGoaws(await installGoaws(), directory);
  proxy = await startRefusingProxy(inject('temporalAddress'));
  harness = await startHarness({
    temporalAddress: proxy.address,
    environment: { CI_TOKEN: TOKEN },
    settings: {
      sources: {
        aws: { type: 'sns', topics: [goaws.arn('alarms')], emulator: goaws.url },
        ci: { type: 'slack-webhook', token: { env: 'CI_TOKEN' } },
      },
      routes: [
        { name: 'aws', match: { source: 'aws' }, to: ['slack:default/C0AWSALARMS'] },
        { name: 'ci', match: { source: 'ci' }, to: ['slack:default/C0CIBUILDS', INCIDENTS] },
      ],
    },
  });
}, 10 * 60_000);
afterAll(async () => {
  await goaws.stop();
  await harness.close();
  await proxy.close();
  await rm(directory, { recursive: true });
});

const away = (): void => {
  proxy.refuse(/WorkflowService/, GRPC_STATUS.UNAVAILABLE, 'away');
};
const webhookUrl = (): string => `${harness.api.url}/v1/sources/ci/${TOKEN}`;

/** What people see in this channel of Slack, a text for each post. */
const seen = (path: string): string[] =>
  harness.sandbox.posts({ platform: 'slack', path }).map(({ content }) => JSON.stringify(content));

async function untilSeen(path: string, ...texts: string[]): Promise<void> {
  await eventually(() => {
    expect(seen(path)).toEqual(texts.map((text) => expect.stringContaining(text) as string));
  });
}

/** How many requests of the source had one of these outcomes. */
async function requests(source: string, ...outcomes: string[]): Promise<number> {
  const { body } = await harness.request<string>('GET', '/metrics');
  const counts = outcomes.map((outcome) => {
    const sample = `sendproof_source_requests_total{source="${source}",outcome="${outcome}"} `;
    const line = body.split('\n').find((each) => each.startsWith(sample));
    return Number(line?.slice(sample.length) ?? 0);
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

it('confirms a subscription of goaws, and shows what it signs', async () => {
  await goaws.subscribe('alarms', `${harness.api.url}/v1/sources/aws`);
  await eventually(async () => expect(await requests('aws', 'handshake')).toBe(1));
  const { body } = sns.samples.alarm ?? { body: '{}' };
  const { Message } = JSON.parse(body) as { Message: string };
  await goaws.publish('alarms', Message, 'ALARM');
  await untilSeen('C0AWSALARMS', 'orders-queue-age is in alarm');
  await goaws.publish('alarms', 'Größe, 😀\r\nund mehr');
  await untilSeen('C0AWSALARMS', 'orders-queue-age is in alarm', 'Größe, 😀');
});

it('refuses what goaws signs for another topic', async () => {
  await goaws.subscribe('others', `${harness.api.url}/v1/sources/aws`);
  await eventually(async () => expect(await requests('aws', 'refused')).toBeGreaterThan(0));
  const before = seen('C0AWSALARMS');
  await goaws.publish('others', 'not for us');
  await eventually(async () => expect(await requests('aws', 'refused')).toBeGreaterThan(1));
  expect(seen('C0AWSALARMS')).toEqual(before);
});

const BLOCKS = [
  { type: 'header', text: { type: 'plain_text', text: 'Build 55 failed' } },
  {
    type: 'section',
    text: { type: 'mrkdwn', text: '*main* of <https://example.com/shop|shop>' },
  },
] as const;

it('shows the blocks of @slack/webhook as they are on Slack, and a rendering on Teams', async () => {
  const webhook = new IncomingWebhook(webhookUrl());
  const { text } = await webhook.send({ text: 'Build 55 failed', blocks: [...BLOCKS] });
  expect(text).toBe('ok');
  await untilSeen('C0CIBUILDS', 'Build 55 failed');
  const [post] = harness.sandbox.posts({ platform: 'slack', path: 'C0CIBUILDS' });
  expect(post?.content).toMatchObject({ blocks: BLOCKS });
  await eventually(() => {
    const [shown] = harness.sandbox.posts({ platform: 'teams' });
    const content = JSON.stringify(shown?.content);
    expect(content).toContain('Build 55 failed');
    expect(content).toContain('https://example.com/shop');
    expect(content).toMatch(/<(?:b|strong)>main<|\*\*main\*\*/);
  });
});

/** As a step of a GitHub Action does it. */
async function curl(payload: object, ...options: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('curl', [
    ...['--silent', '--show-error', '--fail-with-body', ...options],
    ...['-X', 'POST', '-H', 'Content-Type: application/json'],
    ...['--data', JSON.stringify(payload), webhookUrl()],
  ]);
  return stdout;
}

it('answers curl as Slack does', async () => {
  const before = seen('C0CIBUILDS').length;
  expect(await curl({ text: 'Deployed *shop* to production' })).toBe('ok');
  await eventually(() => {
    expect(seen('C0CIBUILDS').slice(before)).toEqual([expect.stringContaining('Deployed *shop*')]);
  });
});

it('loses through an outage exactly what is not sent again', async () => {
  const [ofAws, ofCi] = [seen('C0AWSALARMS').length, seen('C0CIBUILDS').length];
  away();
  const startedAt = performance.now();
  const sentOnce = Promise.all([
    goaws.publish('alarms', 'goaws does not send this again'),
    expect(new IncomingWebhook(webhookUrl()).send('not sent again')).rejects.toThrow(),
    expect(curl({ text: 'not sent again, either' })).rejects.toThrow(/503/),
  ]);
  const sentAgain = Promise.all([
    new IncomingWebhook(webhookUrl(), {
      retryConfig: { retries: 60, minTimeout: 1_000, maxTimeout: 1_000 },
    }).send('sent again by the package'),
    curl({ text: 'sent again by curl' }, '--retry', '20', '--retry-max-time', '90'),
  ]);
  await sentOnce;
  expect(goaws.log()).toContain('"statusCode":503');
  await eventually(async () => {
    expect(await requests('ci', 'failed', 'late')).toBeGreaterThanOrEqual(4);
  });
  await delay(OUTAGE_MS - (performance.now() - startedAt));
  proxy.allow();
  await sentAgain;
  await eventually(() => expect(seen('C0CIBUILDS').length).toBeGreaterThanOrEqual(ofCi + 2));
  const shown = seen('C0CIBUILDS').slice(ofCi).toSorted();
  expect(shown).toEqual([
    expect.stringContaining('sent again by curl'),
    expect.stringContaining('sent again by the package'),
  ]);
  expect(seen('C0AWSALARMS')).toHaveLength(ofAws);
}, 180_000);
