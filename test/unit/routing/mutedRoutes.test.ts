/** What a muted route leaves to the routes after it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { acceptEvent } from '../../../src/acceptance/acceptEvent.js';
import { loadConfiguration } from '../../../src/config/configuration.js';
import { inputOf, type Start } from '../intakeApi.js';
import { clientAnsweredBy } from '../temporalService.js';
import { event } from './event.js';

const directory = mkdtempSync(join(tmpdir(), 'sendproof-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const A = 'slack:default/C0CHANNELA';
const B = 'slack:default/C0CHANNELB';
const ALWAYS = { timeZone: 'UTC' };

/** The route, the status and the destinations of each message of one event. */
async function messagesOf(routes: object[]): Promise<[string | undefined, string, string[]][]> {
  const path = join(directory, 'sendproof.yaml');
  writeFileSync(path, JSON.stringify({ routes }));
  const configuration = loadConfiguration({ SENDPROOF_CONFIG: path, SLACK_BOT_TOKEN: 'unused' });
  const starts: Start[] = [];
  const client = clientAnsweredBy(({ request }) => {
    starts.push(request);
    return { runId: '0a1b2c3d-0000-4000-8000-000000000001', started: true };
  });
  const routed = await acceptEvent(client, configuration, event({ key: 'k' }), '0'.repeat(32));
  return routed.map(({ route, status }, index) => {
    const { deliveries, unposted } = inputOf(starts[index]) as {
      deliveries: { destination: string }[];
      unposted?: { destinations: string[] };
    };
    return [route, status, unposted?.destinations ?? deliveries.map((each) => each.destination)];
  });
}

it('shows an event at the same destination where the earlier route is muted, as Alertmanager does', async () => {
  expect(
    await messagesOf([
      { name: 'night', to: [A], mute: ALWAYS, continue: true },
      { name: 'rest', to: [A, B] },
    ]),
  ).toEqual([
    ['night', 'muted', [A]],
    ['rest', 'accepted', [A, B]],
  ]);
});

it('shows an event once where no route is muted', async () => {
  expect(
    await messagesOf([
      { name: 'first', to: [A], continue: true },
      { name: 'rest', to: [A, B] },
    ]),
  ).toEqual([
    ['first', 'accepted', [A]],
    ['rest', 'accepted', [B]],
  ]);
});

it('shows an event nowhere where the muted route ends the search', async () => {
  expect(
    await messagesOf([
      { name: 'night', to: [A], match: { source: '*' }, mute: ALWAYS },
      { name: 'rest', to: [A] },
    ]),
  ).toEqual([['night', 'muted', [A]]]);
});
