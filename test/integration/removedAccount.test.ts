import { afterAll, beforeAll, expect, it } from 'vitest';
import { createServedAccounts } from '../../src/activities/servedAccounts.js';
import type { Configuration } from '../../src/config/configuration.js';
import { accountId } from '../../src/domain/account.js';
import { startHarness, type Harness } from '../harness.js';

let harness: Harness;
/** What the workers have: the account was removed, and the API has not heard of it yet. */
let without: Configuration;

const GONE = 'slack:gone/C0123ABC';

beforeAll(async () => {
  harness = await startHarness({
    workers: false,
    environment: { GONE_TOKEN: 'gone' },
    sandboxSettings: ({ slackApiUrl }) => ({
      accounts: { slack: { gone: { token: { env: 'GONE_TOKEN' }, apiUrl: slackApiUrl } } },
    }),
  });
  const { configuration } = harness;
  without = {
    ...configuration,
    accounts: configuration.accounts.filter(({ name }) => name !== 'gone'),
  };
  await harness.startWorkers(without);
});

afterAll(() => harness.close());

it('makes a dead letter of a message whose account was removed, and again at its retry', async () => {
  const { status } = await harness.send({
    deduplicationKey: 'orphan',
    destinations: [GONE],
    content: { text: 'for an account that was removed' },
  });
  expect(status).toBe(202);
  const activities = createServedAccounts({
    client: harness.client,
    configuration: without,
  });
  const gone = accountId({ platform: 'slack', account: 'gone' });
  expect(await activities.isAccountServed(gone)).toBe(false);
  const { client, configuration } = harness;
  expect(await createServedAccounts({ client, configuration }).isAccountServed(gone)).toBe(true);
  await expect.poll(() => activities.releaseUnserved(0), { timeout: 10_000 }).toBe(1);

  const parked = await harness.waitForStatus('orphan', 'dead_lettered');
  expect(parked.deadLetters).toMatchObject([
    { destination: GONE, reason: 'account_not_configured' },
  ]);
  const [first] = parked.deadLetters;

  expect((await harness.request('POST', '/v1/messages/orphan/retry', { by: 'ana' })).status).toBe(
    202,
  );

  await expect
    .poll(async () => (await harness.message('orphan')).deadLetters[0]?.at, { timeout: 20_000 })
    .not.toBe(first?.at);
  const again = await harness.waitForStatus('orphan', 'dead_lettered');
  expect(again.deadLetters).toMatchObject([{ reason: 'account_not_configured' }]);
  expect(again.explanation).toContain('account');
});
