/** A burst for a few channels: how close the posts come to the platform's limit, and whether they exceed it. */
import { lineChart } from './chart.js';
import { sendBurst, waitForPosts } from './burst.js';
import { running } from './calls.js';
import type { Scenario } from './scenario.js';
import { startTestbed } from './testbed.js';
import { surroundings } from './surroundings.js';
import { textTable } from './textTable.js';

const CHANNELS = 10;
/** Per channel and second. The sandbox enforces it, with a burst of two. */
const CHANNEL_PACE = 1;
const CHANNEL_BURST = 2;
/** High enough that the channels' limits are measured. */
const ACCOUNT_PACE = 100;

export const pacing: Scenario = {
  name: 'pacing',
  summary: 'a burst for ten channels, each as fast as Slack allows a channel',
  async run({ quick, progress, log }) {
    const messages = quick ? 100 : 300;
    const testbed = await startTestbed(log, {
      limits: { perDestination: CHANNEL_PACE, perAccount: ACCOUNT_PACE },
      platformLimits: true,
    });
    try {
      progress('Warming up');
      // Other channels, so that the measured ones are unused.
      await sendBurst(testbed, 'warm-up', CHANNELS, CHANNELS, CHANNELS);
      await waitForPosts(testbed, CHANNELS, 30_000);
      const before = (await testbed.requests()).length;
      progress(`${messages} messages for ${CHANNELS} channels at once`);
      await sendBurst(testbed, 'burst', messages, CHANNELS);
      await waitForPosts(testbed, CHANNELS + messages, 180_000);

      const calls = (await testbed.requests())
        .slice(before)
        .filter(({ operation }) => operation === 'chat.postMessage');
      const times = calls.map(({ at }) => at);
      const from = Math.min(...times);
      const perChannel = messages / CHANNELS;
      const idealSeconds = (perChannel - CHANNEL_BURST) / CHANNEL_PACE;
      const figures = {
        surroundings: surroundings(testbed),
        messages,
        channels: CHANNELS,
        seconds: (Math.max(...times) - from) / 1_000,
        idealSeconds,
        refused: calls.filter(({ status }) => status === 429).length,
      };
      return {
        figures,
        table: textTable([
          ['', 'measured', 'ideal', 'ratio'],
          [
            `seconds for ${messages} messages to ${CHANNELS} channels`,
            figures.seconds.toFixed(1),
            idealSeconds.toFixed(1),
            (figures.seconds / idealSeconds).toFixed(2),
          ],
          ['answers “slow down” (429)', String(figures.refused), '0'],
        ]),
        chart: lineChart({
          title: `${messages} messages for ${CHANNELS} channels at once, 1/s a channel`,
          xLabel: 'seconds',
          yLabel: 'posts',
          series: [
            { name: 'posted', points: running(times, from) },
            {
              name: 'allowed by the platform',
              reference: true,
              points: [
                [0, CHANNEL_BURST * CHANNELS],
                [idealSeconds, messages],
              ],
            },
          ],
        }),
      };
    } finally {
      await testbed.close();
    }
  },
};
