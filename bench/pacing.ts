/** A burst for a few channels: how near to the pace that the platform allows each, and whether ever beyond it. */
import { lineChart } from './chart.js';
import { sendBurst, untilPosted } from './burst.js';
import { running } from './calls.js';
import type { Scenario } from './scenario.js';
import { openStage } from './stage.js';
import { surroundings } from './surroundings.js';
import { textTable } from './textTable.js';

const CHANNELS = 10;
/** Of each channel, in a second; the sandbox enforces it, and lets two through at once after a pause. */
const CHANNEL_PACE = 1;
const CHANNEL_BURST = 2;
/** Raised, so that the channels' limits are what is measured. */
const ACCOUNT_PACE = 100;

export const pacing: Scenario = {
  name: 'pacing',
  summary: 'a burst for ten channels, each as fast as Slack allows a channel',
  async run({ quick, progress, log }) {
    const messages = quick ? 100 : 300;
    const stage = await openStage(log, {
      limits: { perDestination: CHANNEL_PACE, perAccount: ACCOUNT_PACE },
      platformLimits: true,
    });
    try {
      progress('Warming up');
      // Other channels, so that the ones to be measured have not begun.
      await sendBurst(stage, 'warm-up', CHANNELS, CHANNELS, CHANNELS);
      await untilPosted(stage, CHANNELS, 30_000);
      const before = (await stage.requests()).length;
      progress(`${messages} messages for ${CHANNELS} channels at once`);
      await sendBurst(stage, 'burst', messages, CHANNELS);
      await untilPosted(stage, CHANNELS + messages, 180_000);

      const calls = (await stage.requests())
        .slice(before)
        .filter(({ operation }) => operation === 'chat.postMessage');
      const times = calls.map(({ at }) => at);
      const from = Math.min(...times);
      const perChannel = messages / CHANNELS;
      const idealSeconds = (perChannel - CHANNEL_BURST) / CHANNEL_PACE;
      const figures = {
        surroundings: surroundings(stage),
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
      await stage.close();
    }
  },
};
