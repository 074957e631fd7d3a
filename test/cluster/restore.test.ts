/** A dump is restored into an empty PostgreSQL as docs/how-to/operate/backup.md says, and nothing is lost. */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { eventually } from '../eventually.js';
import { expectEachPostedOnce, placeOf, slackChannel, teamsChannel } from '../faults/deliveries.js';
import { startWorkerProcess, type ProductProcess } from '../faults/productProcess.js';
import { startHarness, type Harness } from '../harness.js';
import { DATABASE_USER } from './postgres.js';
import { startFullServer, type FullServer } from './fullServer.js';

const PAGE = new URL('../../docs/how-to/operate/backup.md', import.meta.url);
/** Long after this proof. */
const LATER_MS = 6 * 3_600_000;
const KEYS = ['confirmed', 'refused', 'scheduled', 'tried', 'waiting'] as const;
type Key = (typeof KEYS)[number];

let server: FullServer;
let harness: Harness;
let worker: ProductProcess;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-dump-'));
  server = await startFullServer(inject('temporalCliPath'));
  harness = await startHarness({
    workers: false,
    temporalAddress: server.address,
    retry: { attempts: 1_000 },
  });
  worker = await startWorkerProcess(harness);
}, 180_000);
afterAll(async () => {
  await harness.close();
  await server.close();
  await rm(directory, { recursive: true });
}, 60_000);

async function send(key: Key, more: object = {}): Promise<number> {
  const place = KEYS.indexOf(key);
  const { status } = await harness.send({
    deduplicationKey: key,
    destinations: [slackChannel(place), teamsChannel(place)],
    content: { text: key },
    ...more,
  });
  return status;
}

/** One message in each state that must be kept; the worker has ended then. */
async function sendAll(): Promise<void> {
  await send('confirmed');
  await harness.waitForStatus('confirmed', 'confirmed');
  const inChannelOf = (key: Key) => placeOf(slackChannel(KEYS.indexOf(key)));
  harness.sandbox.addFault({
    ...inChannelOf('refused'),
    ...{ kind: 'slack_error', error: 'not_in_channel', times: 1 },
  });
  await send('refused');
  await harness.waitForStatus('refused', 'dead_lettered');
  await send('scheduled', { deliverAt: new Date(Date.now() + LATER_MS).toISOString() });
  harness.sandbox.addFault({ ...inChannelOf('tried'), kind: 'http_error', status: 503 });
  await send('tried');
  await harness.waitForAttempts('tried', 2);
  await worker.kill('SIGTERM');
  await send('waiting');
}

/** What the messages say, without what depends on the moment of asking. */
async function states(): Promise<object[]> {
  const messages = await Promise.all(KEYS.map((key) => harness.message(key)));
  return messages.map(({ deduplicationKey, status, traceId, deliveries }) => ({
    ...{ deduplicationKey, status, traceId },
    deliveries: deliveries.map(({ destination, status, receipt, attempts }) => ({
      ...{ destination, status, receipt, attempts },
    })),
  }));
}

/** The line of the page that has this command, run on this machine: what Compose would do in PostgreSQL's container. */
async function runLineWith(command: string): Promise<string> {
  const line = (await readFile(PAGE, 'utf8')).split('\n').find((text) => text.includes(command));
  const [dump = 'none-yet'] = await readdir(directory);
  const script = line?.replace('sendproof-2026-11-24.sql.gz', dump) ?? 'false';
  // docker compose exec --no-TTY postgresql COMMAND…
  return await server.database.run(`docker() { shift 4; "$@"; }\n${script}`, directory);
}

it('brings back receipts, dead letters, scheduled messages and those that wait', async () => {
  await sendAll();
  const before = await states();
  expect(before).toMatchObject([
    { status: 'confirmed', deliveries: [{ receipt: {} }, { receipt: {} }] },
    { status: 'dead_lettered' },
    { status: 'accepted' },
    { status: 'delivering' },
    { status: 'accepted' },
  ]);

  await server.stop();
  await runLineWith('pg_dumpall');
  await server.database.replaceByEmpty();
  const complaints = await runLineWith('psql');
  expect(complaints.match(/^ERROR:.*/gm)).toEqual([
    `ERROR:  role "${DATABASE_USER}" already exists`,
    `ERROR:  database "${DATABASE_USER}" already exists`,
  ]);
  await server.start();
  await eventually(async () => expect(await states()).toEqual(before));

  harness.sandbox.clearFaults();
  worker = await startWorkerProcess(harness);
  expect(await send('confirmed')).toBe(200);
  const decision = { by: 'ana', reason: 'restored' };
  await harness.request('POST', '/v1/messages/refused/retry', decision);
  await harness.request('PATCH', '/v1/messages/scheduled', { deliverAt: new Date().toISOString() });
  const messages = [];
  for (const key of KEYS) messages.push(await harness.waitForStatus(key, 'confirmed'));
  expectEachPostedOnce(harness, messages);
}, 180_000);
