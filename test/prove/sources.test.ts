/** Real senders through 30 s without Temporal: what they send again, and what people see of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { GRPC_STATUS } from '../../src/temporal/grpcStatus.js';
import { installAlertmanager, startAlertmanagers, type Alertmanager } from '../alertmanager.js';
import { startHarness, type Harness } from '../harness.js';
import { startRefusingProxy, type RefusingProxy } from '../refusingProxy.js';

const OUTAGE_MS = 30_000;
/** Alertmanager tries again with growing pauses, of at most a minute. */
const PATIENCE_MS = 90_000;
const PASSWORD = 'of-this-test';

/** Which Alertmanager sends to which source. */
const SENDERS = [
  { source: 'one', version: 'debian', instances: 1, channel: 'C0ALONE' },
  { source: 'newer', version: 'v0.31.1', instances: 1, channel: 'C0NEWER' },
  { source: 'cluster', version: 'debian', instances: 2, channel: 'C0CLUSTER' },
] as const;

let directory: string;
let proxy: RefusingProxy;
let harness: Harness;
const alertmanagers: Alertmanager[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-alertmanager-'));
  proxy = await startRefusingProxy(inject('temporalAddress'));
  const basic = { username: 'alertmanager', password: { env: 'ALERTMANAGER_PASSWORD' } };
  harness = await startHarness({
    temporalAddress: proxy.address,
    environment: { ALERTMANAGER_PASSWORD: PASSWORD },
    settings: {
      sources: Object.fromEntries(
        SENDERS.map(({ source }) => [source, { type: 'alertmanager', basic, respondWithin: '2s' }]),
      ),
      routes: SENDERS.map(({ channel, source }) => ({
        name: source,
        match: { source },
        to: [`slack:default/${channel}`],
        // Each notification by itself, so that they can be counted.
        conversation: { mode: 'off' },
      })),
    },
  });
  for (const { instances, source, version } of SENDERS) {
    alertmanagers.push(
      await startAlertmanagers({
        command: await installAlertmanager(version),
        instances,
        directory: await mkdtemp(join(directory, source)),
        webhook: {
          url: `${harness.api.url}/v1/sources/${source}`,
          username: basic.username,
          password: PASSWORD,
        },
      }),
    );
  }
}, 10 * 60_000);

afterAll(async () => {
  await Promise.all(alertmanagers.map((each) => each.stop()));
  await harness.close();
  await proxy.close();
  await rm(directory, { recursive: true });
});

/** What people see in the channel of each sender, as `Firing: Before`. */
function seen(): Record<string, string[]> {
  return Object.fromEntries(
    SENDERS.map(({ channel, source }) => {
      const posts = harness.sandbox.posts({ platform: 'slack', path: channel });
      const titles = posts.map(
        ({ content }) => /(?:Firing|Resolved): \w+/.exec(JSON.stringify(content))?.[0] ?? 'other',
      );
      return [source, titles.toSorted()];
    }),
  );
}

function everywhere(...titles: string[]): Record<string, string[]> {
  return Object.fromEntries(SENDERS.map(({ source }) => [source, titles.toSorted()]));
}

async function untilSeen(...titles: string[]): Promise<void> {
  await vi.waitFor(() => expect(seen()).toEqual(everywhere(...titles)), {
    timeout: PATIENCE_MS,
    interval: 200,
  });
}

/** How many requests of each source had this outcome. */
async function requests(outcome: string): Promise<Record<string, number>> {
  const { body } = await harness.request<string>('GET', '/metrics');
  return Object.fromEntries(
    SENDERS.map(({ source }) => {
      const sample = `sendproof_source_requests_total{source="${source}",outcome="${outcome}"} `;
      const line = body.split('\n').find((each) => each.startsWith(sample));
      return [source, Number(line?.slice(sample.length) ?? 0)];
    }),
  );
}

async function fire(name: string, startsAt: Date, endsAt?: Date): Promise<void> {
  for (const each of alertmanagers) {
    await each.alert(name, { startsAt, ...(endsAt && { endsAt }) });
  }
}

it('shows each notification of Alertmanager once, alone and as a cluster, through an outage', async () => {
  const before = new Date();
  await fire('Before', before);
  await untilSeen('Firing: Before');

  proxy.refuse(/WorkflowService/, GRPC_STATUS.UNAVAILABLE, 'away');
  const during = new Date();
  await fire('During', during);
  await delay(OUTAGE_MS);
  expect(seen()).toEqual(everywhere('Firing: Before'));
  const failed = await requests('failed');
  const late = await requests('late');
  for (const { source } of SENDERS) {
    expect((failed[source] ?? 0) + (late[source] ?? 0), source).toBeGreaterThan(0);
  }
  proxy.allow();
  await untilSeen('Firing: Before', 'Firing: During');

  // Alertmanager repeats both; nobody sees it.
  await vi.waitFor(
    async () => {
      for (const accepted of Object.values(await requests('accepted'))) {
        expect(accepted).toBeGreaterThan(4);
      }
    },
    { timeout: PATIENCE_MS, interval: 500 },
  );
  expect(seen()).toEqual(everywhere('Firing: Before', 'Firing: During'));

  await fire('Before', before, new Date());
  await fire('During', during, new Date());
  const all = ['Firing: Before', 'Firing: During', 'Resolved: Before', 'Resolved: During'];
  await untilSeen(...all);
  // The second of a cluster sends after 15 s what the first has not told it of.
  await delay(16_000);
  expect(seen()).toEqual(everywhere(...all));
});
