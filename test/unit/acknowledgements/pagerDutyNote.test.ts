import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWritePagerDutyNote } from '../../../src/acknowledgements/pagerDutyNote.js';
import type { Acknowledgement } from '../../../src/domain/acknowledgement.js';
import { Secret } from '../../../src/lib/secret.js';
import { answering, ScriptedServer } from '../destinations/scriptedServer.js';

const ACKNOWLEDGEMENT: Acknowledgement = {
  type: 'message.confirmed',
  timestamp: '2026-11-23T12:00:00.000Z',
  data: {
    summary: 'Delivery Status: Confirmed',
    deduplicationKey: 'key',
    status: 'confirmed',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    deliveries: [],
  },
};
const REQUEST = { incidentId: 'PINC1', webhookId: 'msg_1', acknowledgement: ACKNOWLEDGEMENT };

let server: ScriptedServer;
beforeEach(async () => {
  process.env.TEST_PAGERDUTY_TOKEN = 'a token';
  server = new ScriptedServer();
  await server.start();
});
afterEach(() => server.stop());

function writeNote(): Promise<number | undefined> {
  const token = new Secret({ env: 'TEST_PAGERDUTY_TOKEN' });
  const account = { token, from: 'ops@example.com', apiUrl: server.url };
  return createWritePagerDutyNote(account, 5_000)(REQUEST);
}

function created(body: string): void {
  server.script = (socket, request) =>
    answering(200, request.method === 'GET' ? '{"notes":[]}' : body)(socket, request);
}

describe('a note on an incident', () => {
  it('is there when PagerDuty answers with it', async () => {
    created('{"note":{"id":"PN1"}}');
    expect(await writeNote()).toBe(200);
  });

  it.each([
    '',
    '<html>Sign in to the network</html>',
    '{"error":{"code":2020,"message":"Rate Limit Exceeded"}}',
    '{"note":{}}',
  ])('is not known to be there after a 200 with "%s": the next attempt searches', async (body) => {
    created(body);
    await expect(writeNote()).rejects.toMatchObject({
      reason: 'unexpected_answer',
      permanent: false,
    });
  });
});
