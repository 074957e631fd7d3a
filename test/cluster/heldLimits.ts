/** Pacing and outages, as figures: how much is called while limits hold, and how long all takes. */
import { setTimeout as pause } from 'node:timers/promises';
import { busiestSecond } from '../../bench/calls.js';
import { slackChannel } from '../faults/deliveries.js';
import type { Harness, HarnessOptions } from '../harness.js';
import { severalAtOnce } from '../severalAtOnce.js';

/** The harness, or a fleet: whatever takes messages. */
type Sender = Pick<Harness, 'send'>;

/** Sends so many messages, with 40 requests under way. */
export async function sendManyAtOnce(
  sender: Sender,
  count: number,
  destination: (index: number) => string,
  name = 'burst',
): Promise<void> {
  await severalAtOnce(40, count, async (index) => {
    const key = `${name}-${index}`;
    const message = {
      deduplicationKey: key,
      destinations: [destination(index)],
      content: { text: key },
      priority: 3,
    };
    // A source sends again what was not accepted.
    for (let status = 503; status === 503;) ({ status } = await sender.send(message));
  });
}

/** For `measurePaceOfChannels`. */
export const PACED: HarnessOptions = {
  sandbox: { limits: 'platform' },
  limits: { slack: { perDestination: 1, perAccount: 100 } },
};

/** 300 messages for 10 channels, which each take one a second. */
export async function measurePaceOfChannels(
  { sandbox }: Harness,
  sender: Sender,
): Promise<{ seconds: number; refused: number }> {
  const posting = () => sandbox.requests({ operation: 'chat.postMessage' });
  // Connections and code are warm then, as in a process that has run for a while.
  await sendManyAtOnce(sender, 50, (index) => slackChannel(20 + index), 'first');
  await sandbox.waitForPosts(50, { platform: 'slack' }, 30_000);
  sandbox.reset();
  await sendManyAtOnce(sender, 300, (index) => slackChannel(index % 10));
  await sandbox.waitForPosts(300, { platform: 'slack' }, 90_000);
  const times = posting().map(({ at }) => at);
  const seconds = (Math.max(...times) - Math.min(...times)) / 1_000;
  const refused = times.length - 300;
  console.log(
    `300 messages for 10 channels: ${seconds.toFixed(1)} s, ideal ${IDEAL_SECONDS} s, ${refused} refused`,
  );
  return { seconds, refused };
}

/** A bucket of two that fills with one a second: the thirtieth may go out after 28 seconds. */
const IDEAL_SECONDS = 28;

/** Calls a second that the account may make. */
export const STORM_LIMIT = 20;

/** For `measureStorm`. */
export const STORM: HarnessOptions = {
  retry: { initialDelay: '1s', maximumDelay: '10s', attempts: 100 },
  limits: { slack: { perDestination: 'off', perAccount: STORM_LIMIT } },
};

export interface StormFigures {
  /** Calls. */
  perSecondWhileDown: number;
  /** From the end of the outage until all were posted. */
  seconds: number;
  /** The most posts within one second after it. */
  busiest: number;
}

/** Messages of an account with a limit, sent while its platform is down. */
export async function measureStorm(
  { sandbox }: Harness,
  sender: Sender,
  { messages, outageMs }: { messages: number; outageMs: number },
): Promise<StormFigures> {
  // Looking for an earlier post is a call too.
  const calls = () => sandbox.requests({ platform: 'slack' });
  sandbox.addFault({ kind: 'http_error', status: 503, platform: 'slack' });
  await sendManyAtOnce(sender, messages, (index) => slackChannel(index % 50));
  const down = calls()[0]?.at ?? Date.now();
  await pause(Math.max(0, down + outageMs - Date.now()));
  const failing = calls().map(({ at }) => at);
  sandbox.clearFaults();
  const up = Date.now();
  await sandbox.waitForPosts(messages, { platform: 'slack' }, 120_000);
  const after = sandbox.posts({ platform: 'slack' }).map(({ postedAt }) => postedAt);
  const seconds = (Math.max(...after) - up) / 1_000;
  const busiest = busiestSecond(after);
  const perSecond = failing.length / ((up - down) / 1_000);
  console.log(
    `storm: ${perSecond.toFixed(1)} calls/s while down (limit ${STORM_LIMIT}), then ${messages} posted in ${seconds.toFixed(1)} s (ideal ${(messages / STORM_LIMIT).toFixed(1)} s), busiest second ${busiest}`,
  );
  return { perSecondWhileDown: perSecond, seconds, busiest };
}
