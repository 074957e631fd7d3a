/** The proof that no request which a generator makes of the API's own document breaks what that document says. */
import { randomBytes } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { StartDirectory } from '../startedProduct.js';
import { fuzz } from './schemathesis.js';
import { withValidValues } from './validValues.js';

const CALLBACK_HOST = 'http://127.0.0.1:9';

/** A source of each form of address. What has no route of its own is posted all the same. */
const CONFIGURATION = {
  sources: {
    anything: { type: 'generic' },
    ci: { type: 'slack-webhook', token: { env: 'CI_TOKEN' } },
  },
  routes: [{ name: 'rest', to: ['slack:default/C0123ABC'] }],
  // Nothing listens there.
  acknowledgements: {
    secret: { env: 'ACKNOWLEDGEMENT_SECRET' },
    allowedHosts: [CALLBACK_HOST],
    allowPrivate: ['127.0.0.1'],
  },
};

/** Seeded in the sandbox. */
const CHANNELS = ['slack:default/C0123ABC', 'teams-webhook:default/default'];
const TEAMS = 'teams:default/0a1b2c3d-0000-4000-8000-000000000001/19:incidents@thread.tacv2';
const OTHERS = ['slack:default/C0OTHER1', 'slack:default/C0OTHER2'] as const;

const HOUR_MS = 3_600_000;

/** A failure of this seed is found again with it. */
const SEED = 20_261_126;

export function proveFuzzing({
  examples,
  timeoutMs,
}: {
  examples: number;
  timeoutMs: number;
}): void {
  let directory: StartDirectory;
  afterEach(() => directory.remove());

  it(
    `answers ${examples} made-up requests for each operation as the OpenAPI document says`,
    async () => {
      directory = await StartDirectory.create(JSON.stringify(CONFIGURATION));
      const apiKey = randomBytes(24).toString('hex');
      Object.assign(directory.environment, {
        SENDPROOF_API_KEYS: apiKey,
        CI_TOKEN: randomBytes(24).toString('hex'),
        ACKNOWLEDGEMENT_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
        LOG_LEVEL: 'warn',
      });
      const url = (await directory.start()).address('API');
      const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };

      const keys = ['kept', 'later', 'unknown-channel'];
      for (const [key, destination] of [
        ['kept', TEAMS],
        ['later', TEAMS],
        ['unknown-channel', OTHERS[0]],
      ]) {
        const body = JSON.stringify({
          deduplicationKey: key,
          destinations: [destination],
          content: { text: 'made before' },
          ...(key === 'later' && { deliverAt: inHours(1) }),
        });
        const { status } = await fetch(`${url}/v1/messages`, { method: 'POST', headers, body });
        expect(status).toBe(202);
      }

      const answer = await fetch(`${url}/openapi.json`, { headers });
      const document = withValidValues((await answer.json()) as object, {
        destinations: [...CHANNELS, TEAMS],
        withFallback: { destination: OTHERS[0], fallback: [OTHERS[1]], fallbackAfter: '5m' },
        keys,
        times: [inHours(-1), inHours(1)],
        ends: [inHours(24), inHours(48)],
        callback: `${CALLBACK_HOST}/outcome`,
      });
      const { report, output } = await fuzz({ url, apiKey, document, examples, seed: SEED });

      const listed = await fetch(`${url}/v1/messages?limit=1000`, { headers });
      const { messages } = (await listed.json()) as { messages: unknown[] };
      console.log(
        `${report.test_cases.generated} requests for ${report.operations.tested} operations, ${messages.length} messages accepted`,
      );
      expect([...report.failures, ...report.errors], output).toEqual([]);
      expect(report.complete).toBe(true);
      expect(report.operations.tested).toBe(report.operations.total);
      expect(report.operations.total).toBeGreaterThan(20);
      expect(report.test_cases.generated).toBeGreaterThan(examples * report.operations.total);
      // Otherwise the valid requests were not.
      expect(messages.length).toBeGreaterThan(keys.length + examples);
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
    },
    timeoutMs,
  );
}

function inHours(hours: number): string {
  return new Date(Date.now() + hours * HOUR_MS).toISOString();
}
