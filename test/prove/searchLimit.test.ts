/** A Temporal server whose limit of searches is the default of the full server: ten in a second. */
import { expect, it } from 'vitest';
import { startHarness } from '../harness.js';
import { startOwnServer } from '../ownServer.js';

const SEARCHERS = 20;

it(`has ${SEARCHERS} people who search at once wait for their turn, and sends nobody away`, async () => {
  const server = await startOwnServer({
    dynamicConfig: {
      'frontend.namespaceRPS.visibility': 10,
      'frontend.namespaceBurstRatio.visibility': 1,
    },
  });
  const harness = await startHarness({ temporalAddress: server.address, workers: false });
  try {
    const statuses = await Promise.all(
      Array.from({ length: SEARCHERS * 2 }, async (_each, index) => {
        const { status } = await harness.request('GET', `/v1/messages?source=source-${index}`);
        return status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
  } finally {
    await harness.close();
    await server.stop();
  }
}, 60_000);
