/** A platform is down for half a minute with many messages waiting: the calls during the outage, and the recovery. */
import { setTimeout as delay } from 'node:timers/promises';
import { lineChart } from './chart.js';
import { sendBurst, waitForPosts } from './burst.js';
import { busiestSecond, perSecond } from './calls.js';
import type { Scenario } from './scenario.js';
import { startTestbed } from './testbed.js';
import { surroundings } from './surroundings.js';
import { textTable } from './textTable.js';

const CHANNELS = 50;
/** The account's limit, in calls per second. */
const ACCOUNT_PACE = 20;
const OUTAGE_MS = 30_000;

export const storm: Scenario = {
  name: 'storm',
  summary: 'messages that all fail while the platform is down, and the recovery',
  async run({ quick, progress, log }) {
    const messages = quick ? 300 : 1_000;
    const testbed = await startTestbed(log, {
      limits: { perDestination: 'off', perAccount: ACCOUNT_PACE },
      retry: { initialDelay: '1s', maximumDelay: '10s', attempts: 100 },
    });
    try {
      progress(`${messages} messages while Slack is down for ${OUTAGE_MS / 1_000} s`);
      await testbed.setFault({ kind: 'http_error', status: 503, platform: 'slack' });
      await sendBurst(testbed, 'storm', messages, CHANNELS);
      const from = Math.min(...(await slackCalls(testbed)));
      await delay(Math.max(0, from + OUTAGE_MS - Date.now()));
      await testbed.clearFaults();
      const up = Date.now();
      progress('Slack is back');
      await waitForPosts(testbed, messages, 300_000);

      const calls = await slackCalls(testbed);
      const posted = (await testbed.posts()).map(({ postedAt }) => postedAt);
      const whileDown = calls.filter((at) => at < up);
      const idealSeconds = messages / ACCOUNT_PACE;
      const figures = {
        surroundings: surroundings(testbed),
        messages,
        callsPerSecondWhileDown: whileDown.length / ((up - from) / 1_000),
        limitPerSecond: ACCOUNT_PACE,
        secondsToPostAll: (Math.max(...posted) - up) / 1_000,
        idealSeconds,
        busiestSecond: busiestSecond(posted),
      };
      return {
        figures,
        table: textTable([
          ['', 'measured', 'limit', 'ratio'],
          row('calls a second while down', figures.callsPerSecondWhileDown, ACCOUNT_PACE),
          row('seconds to post all, once back', figures.secondsToPostAll, idealSeconds),
          row('posts in the busiest second', figures.busiestSecond, ACCOUNT_PACE),
        ]),
        chart: lineChart({
          title: `${messages} messages, Slack down for ${OUTAGE_MS / 1_000} s, ${ACCOUNT_PACE} calls a second allowed`,
          xLabel: 'seconds',
          yLabel: 'in each second',
          series: [
            { name: 'calls', points: perSecond(calls, from) },
            { name: 'posts', points: perSecond(posted, from) },
            {
              name: 'limit',
              reference: true,
              points: [
                [0, ACCOUNT_PACE],
                [(Math.max(...posted) - from) / 1_000, ACCOUNT_PACE],
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

/** The times of all calls to Slack, searches for earlier posts included. */
async function slackCalls(testbed: Parameters<typeof waitForPosts>[0]): Promise<number[]> {
  return (await testbed.requests())
    .filter(({ platform }) => platform === 'slack')
    .map(({ at }) => at);
}

function row(name: string, measured: number, limit: number): string[] {
  return [name, measured.toFixed(1), limit.toFixed(1), (measured / limit).toFixed(2)];
}
