/** One decision on the dead letters of more destinations than calls to Temporal may wait. */
import { afterEach, expect, it, vi } from 'vitest';
import { expectEachPostedOnce } from '../../faults/deliveries.js';
import {
  startHarness,
  type Decision,
  type Harness,
  type Progress,
  type Summary,
} from '../../harness.js';

/** In one message. */
const MOST_DESTINATIONS = 20;
const MESSAGES = 26;
const DESTINATIONS = MESSAGES * MOST_DESTINATIONS;

const keys = Array.from({ length: MESSAGES }, (_, index) => `everywhere-${index}`);
const destinationOf = (message: number, index: number) =>
  `slack:default/CMANY${message * MOST_DESTINATIONS + index + 1_000}`;

let harness: Harness;
afterEach(() => harness.close());

it(`a retry over ${DESTINATIONS} destinations is accepted by each, under one id, and posts each message once`, async () => {
  harness = await startHarness();
  harness.sandbox.addFault({ kind: 'slack_error', error: 'not_in_channel', platform: 'slack' });
  for (const [message, deduplicationKey] of keys.entries()) {
    const destinations = Array.from({ length: MOST_DESTINATIONS }, (_, index) =>
      destinationOf(message, index),
    );
    const content = { text: deduplicationKey };
    const answer = await harness.send({ deduplicationKey, destinations, content });
    expect(answer.status).toBe(202);
  }
  // By the list that the decision is made from, which lags a little.
  await vi.waitFor(
    async () => {
      const { body } = await harness.request<Summary>('GET', '/v1/dead-letters/summary');
      expect(body).toMatchObject({ deadLetters: DESTINATIONS, messages: MESSAGES });
    },
    { timeout: 120_000, interval: 1_000 },
  );
  harness.sandbox.clearFaults();

  const began = performance.now();
  const order = { filter: {}, by: 'ana', reason: 'invited the app' };
  const taken = await harness.request<Decision>('POST', '/v1/dead-letters/retry', order);
  expect(taken).toMatchObject({ status: 202, body: { deadLetters: DESTINATIONS } });
  const progress = await vi.waitFor(
    async () => {
      const { body } = await harness.request<Progress>('GET', taken.body.links.self);
      expect(body).toMatchObject({ done: true, decided: DESTINATIONS });
      return body;
    },
    { timeout: 300_000, interval: 1_000 },
  );
  expect(new Set(progress.destinations.map(({ destination }) => destination)).size).toBe(
    DESTINATIONS,
  );
  const decidedMs = performance.now() - began;
  const states = [];
  for (const key of keys) states.push(await harness.waitForStatus(key, 'confirmed', 240_000));
  process.stderr.write(
    `${DESTINATIONS} destinations decided in ${Math.round(decidedMs) / 1_000} s, and posted in ${Math.round(performance.now() - began) / 1_000} s\n`,
  );
  expectEachPostedOnce(harness, states);
  for (const { operatorActions } of states) {
    expect(new Set(operatorActions.map(({ destination }) => destination)).size).toBe(
      MOST_DESTINATIONS,
    );
  }
}, 600_000);
