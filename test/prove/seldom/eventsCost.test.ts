/** What `events:` costs a message, with a target that takes them and with one that is away, beside none in the same run. */
import { expect, it } from 'vitest';
import { resolvePort } from '../../../src/lib/ports.js';
import { median } from '../../../bench/statistics.js';
import { shownAfterMs } from '../../eventsProofs.js';
import { eachReaches, slackChannel } from '../../faults/deliveries.js';
import { startHarness, type Harness } from '../../harness.js';
import { startKafkaBroker } from '../../kafka/broker.js';
import { openTopics } from '../../kafka/topics.js';

const ROUNDS = 30;
const AT_ONCE = 5;
const WITHIN_MS = 60_000;
/** Beside the median without events, and with a target that takes them: nothing that people see waits for an event. */
const MOST_FOR_EVENTS = 1.25;
const MOST_FOR_ABSENCE = 1.25;

it('lets people see a post as soon as without it, also while the target is away', async () => {
  const broker = await startKafkaBroker();
  const topics = await openTopics(broker.address);
  await topics.create({ events: 3 });
  const to = (address: string) => ({
    events: { archive: { kafka: { brokers: [address], topic: 'events' } } },
  });
  const nobody = `127.0.0.1:${await resolvePort(0)}`;
  const settings = { without: {}, present: to(broker.address), away: to(nobody) };
  const harnesses: [string, Harness, number[]][] = [];
  try {
    for (const [name, each] of Object.entries(settings)) {
      harnesses.push([name, await startHarness({ settings: each }), []]);
    }
    // The first round warms up.
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const [, harness, times] of harnesses) {
        const keys = Array.from({ length: AT_ONCE }, (_, index) => `${round}-${index}`);
        const send = (deduplicationKey: string, index: number) =>
          harness.send({
            deduplicationKey,
            destinations: [slackChannel(index)],
            content: { text: deduplicationKey },
          });
        await Promise.all(keys.map(send));
        await eachReaches('confirmed', harness, keys, WITHIN_MS);
        if (round > 0) times.push(...(await shownAfterMs(harness, keys)));
      }
    }
    const p50Ms = Object.fromEntries(harnesses.map(([name, , times]) => [name, median(times)]));
    console.info(JSON.stringify(p50Ms));
    const { away = NaN, present = NaN, without = NaN } = p50Ms;
    expect(present / without).toBeLessThan(MOST_FOR_EVENTS);
    expect(away / present).toBeLessThan(MOST_FOR_ABSENCE);
  } finally {
    for (const [, harness] of harnesses) await harness.close();
    await topics.close();
    await broker.close();
  }
}, 600_000);
