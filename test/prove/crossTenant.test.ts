/** Ten thousand random requests of one tenant about what another has sent: no answer has anything of it. */
import fc from 'fast-check';
import pLimit from 'p-limit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomRequest, startCrossTenant, type CrossTenant } from '../crossTenant.js';

const REQUESTS = 10_000;
const AT_ONCE = 16;
const SEED = 20_261_126;

let tenants: CrossTenant;
beforeAll(async () => {
  tenants = await startCrossTenant();
});
afterAll(() => tenants.harness.close());

it('leaks nothing and changes nothing', { timeout: 300_000 }, async () => {
  const limit = pLimit(AT_ONCE);
  const statuses = new Map<number, number>();
  await limit.map(fc.sample(randomRequest, { numRuns: REQUESTS, seed: SEED }), async (asked) => {
    // Rejects where the answer has the marker, or is an internal error.
    const { status } = await tenants.askAsOther(asked);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  });
  console.log(`Answers by status: ${JSON.stringify([...statuses].sort())}`);
  expect([...statuses.values()].reduce((sum, count) => sum + count, 0)).toBe(REQUESTS);
  expect(statuses.get(404) ?? 0).toBeGreaterThan(REQUESTS / 10);
  await tenants.assertUnchanged();
});
